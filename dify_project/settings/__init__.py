"""Settings: `base` holds what is common, `prod` what `up` and the container use, `dev` and `test` the rest."""
