"""Analysis of recordings: measures of spike trains, comparisons and plots."""
