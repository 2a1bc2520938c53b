"""The analyzer: baselines of training data, in Model Monitor's files. Runs as a job, in an image of its own."""
