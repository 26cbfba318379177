"""Link datasets to the graph's concepts: records and concepts flow in, links with method, score and reason flow out."""
