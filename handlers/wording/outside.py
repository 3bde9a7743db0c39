"""What people without an account read behind a link, and what is said of such links."""

from __future__ import annotations

ENDED = "This link is used up, too old, or was ended. Please ring the home that sent it."
NOT_SAVED = "NOT saved. The record cannot be written just now. Please ring the home instead."
THANKS = "Thank you. It is on record, with your name and the time. You can close this page."
ACCEPTED = (
    "Thank you. It is on record that you hold the interview. Keep this link: the outcome is "
    "recorded by it, too."
)
MADE = {
    "authority": "For the officer of the placing authority. Holds for {hours} hours, one answer.",
    "interviewer": "For the interviewer. Holds for {hours} hours: accept or decline, then the "
    "outcome.",
}
NAME_NEEDED = "Please give your name."
ROLE_NEEDED = "Please say what your role is."
STARTED_NEEDED = "Please confirm that you have started action, or ring the home."
NOT_TOLD_YET = "The home has not put on record that you were told. Please ring the home."
WORDS_NEEDED = "Please say why, in a few words."
OUTCOME_NEEDED = "Please say what came out of it, and whether you are independent of the placement."
ANSWER_NEEDED = "Please say what your answer is."
NO_TIME = "Please give day and time."
TWICE = "The clocks change at that time. Please give a time of an hour that comes once."
TO_COME = "The interview is still to come: please give a later time."
IN_FUTURE = "That time is still to come. Please give when it was."
TOO_LONG = "Please shorten this: {most} characters at most."
DECLINES = "{name} does not hold the return interview: {words}"
