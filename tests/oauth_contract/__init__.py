"""The OAuth server held against its specifications, section by section; ``make compliance`` prints what came of it."""
