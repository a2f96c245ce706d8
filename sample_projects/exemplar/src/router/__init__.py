"""Routes support tickets to the queue that can answer them."""
