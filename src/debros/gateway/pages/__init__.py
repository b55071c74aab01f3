"""The pages that the gateway serves to people: plain files, no build step, nothing loaded from elsewhere."""
