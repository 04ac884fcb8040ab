"""The front screen: a page that draws the View, and the bridge that carries it from the daemon's socket."""
