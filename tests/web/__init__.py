"""Tests of the HTTP side, by real HTTP."""
