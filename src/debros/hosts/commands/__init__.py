"""The commands of `debros-host`: options in, words out. What they do stands one folder up."""
