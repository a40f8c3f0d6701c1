"""The health report of each month: facts as JSON, and a page for people that shows the same."""
