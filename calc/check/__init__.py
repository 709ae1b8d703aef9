"""What finds the breaches of each chapter of the rule book."""
