"""What is around every request: the gate, who asks, problems, pages and what is kept of answers."""
