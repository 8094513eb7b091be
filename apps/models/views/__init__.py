"""Console pages about models: providers and their keys, models, prices, what stands in for what."""
