"""What runs in the fork server and in the processes it makes; it holds no key and imports nothing of the service."""
