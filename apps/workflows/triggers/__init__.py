"""What triggers compute, without a database: times of schedules, what a request brings, signatures."""
