"""Who is told what, when, and until somebody answers: plan, rota, ladders, delivery, digest."""
