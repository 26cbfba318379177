"""Write to the graph: updates and uploads flow in; one new generation, or a refusal that changes nothing, flows out."""
