"""The one way out: requests flow in, what other servers answered flows out, within bounds; nothing else connects."""
