"""SPARQL as text: queries and updates flow in, looked over, mended or taken apart; nothing here asks a store."""
