"""The local socket: JSON-RPC lines on a Unix stream, who may speak, and the View to all who watch."""
