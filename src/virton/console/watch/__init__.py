"""Who watches the cluster for all browsers: the reader, the poller, and the feed."""
