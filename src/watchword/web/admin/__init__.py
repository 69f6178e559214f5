"""The admin API: what operators do, over the network. Rules and names are those of the CLI."""
