"""Methods that Telegram has and the sandbox has not: each is refused in so many words.

A bot that calls one gets a 400 naming the method, never a false success. A name in neither table
is answered 404, as by Telegram.
"""

NAMES = """
    addStickerToSet answerChatJoinRequestQuery answerGuestQuery answerInlineQuery
    answerPreCheckoutQuery answerShippingQuery answerWebAppQuery approveChatJoinRequest
    approveSuggestedPost banChatMember banChatSenderChat close closeForumTopic
    closeGeneralForumTopic convertGiftToStars copyMessage copyMessages createChatInviteLink
    createChatSubscriptionInviteLink createForumTopic createInvoiceLink createNewStickerSet
    declineChatJoinRequest declineSuggestedPost deleteAllMessageReactions deleteBusinessMessages
    deleteChatPhoto deleteChatStickerSet deleteEphemeralMessage deleteForumTopic
    deleteMessageReaction deleteMyCommands deleteMyProfilePhoto deleteStickerFromSet
    deleteStickerSet deleteStory editChatInviteLink editChatSubscriptionInviteLink
    editEphemeralMessageCaption editEphemeralMessageMedia editEphemeralMessageReplyMarkup
    editEphemeralMessageText editForumTopic editGeneralForumTopic editMessageChecklist
    editMessageLiveLocation editMessageMedia editStory editUserStarSubscription
    exportChatInviteLink forwardMessage forwardMessages getAvailableGifts
    getBusinessAccountGifts getBusinessAccountStarBalance getBusinessConnection
    getChatAdministrators getChatGifts getChatMember getChatMemberCount getCustomEmojiStickers
    getForumTopicIconStickers getGameHighScores getManagedBotAccessSettings getManagedBotToken
    getMyDefaultAdministratorRights getMyStarBalance getStarTransactions getStickerSet
    getUserChatBoosts getUserGifts getUserPersonalChatMessages getUserProfileAudios
    getUserProfilePhotos giftPremiumSubscription hideGeneralForumTopic leaveChat logOut
    postStory promoteChatMember readBusinessMessage refundStarPayment
    removeBusinessAccountProfilePhoto removeChatVerification removeMyProfilePhoto
    removeUserVerification reopenForumTopic reopenGeneralForumTopic replaceManagedBotToken
    replaceStickerInSet repostStory restrictChatMember revokeChatInviteLink
    savePreparedInlineMessage savePreparedKeyboardButton sendAnimation sendAudio
    sendChatJoinRequestWebApp sendChecklist sendContact sendDice sendGame sendGift sendInvoice
    sendLivePhoto sendLocation sendMediaGroup sendMessageDraft sendPaidMedia sendPoll
    sendRichMessage sendRichMessageDraft sendSticker sendVenue sendVideo sendVideoNote sendVoice
    setBusinessAccountBio setBusinessAccountGiftSettings setBusinessAccountName
    setBusinessAccountProfilePhoto setBusinessAccountUsername setChatAdministratorCustomTitle
    setChatDescription setChatMemberTag setChatPermissions setChatPhoto setChatStickerSet
    setChatTitle setCustomEmojiStickerSetThumbnail setGameScore setManagedBotAccessSettings
    setMessageReaction setMyDefaultAdministratorRights setMyName setMyProfilePhoto
    setPassportDataErrors setStickerEmojiList setStickerKeywords setStickerMaskPosition
    setStickerPositionInSet setStickerSetThumbnail setStickerSetTitle setUserEmojiStatus
    setWebhook stopMessageLiveLocation stopPoll transferBusinessAccountStars transferGift
    unbanChatMember unbanChatSenderChat unhideGeneralForumTopic unpinAllChatMessages
    unpinAllForumTopicMessages unpinAllGeneralForumTopicMessages upgradeGift uploadStickerFile
    verifyChat verifyUser
"""

REFUSED = {name.lower(): name for name in NAMES.split()}
