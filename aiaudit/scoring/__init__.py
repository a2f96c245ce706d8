"""From results to figures: score, readiness levels, priorities, waivers, gate. Nothing here looks at a fact."""
