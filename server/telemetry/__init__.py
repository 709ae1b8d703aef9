"""What a worker tells its operator: metrics, logs, traces, and whether it is well."""
