"""What the tests stand on: a stopped clock, counted dice, deployments and real processes."""
