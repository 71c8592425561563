"""Every word that charts and the report show: one table per locale, the same keys in each."""

from typing import Final

EN: Final = {
    # score ranges
    "up_to": "up to {upper}",
    "between": "{lower} to {upper}",
    "above": "above {below}",
    "no_score": "no score",
    # charts: what they share
    "caption": "Source: {source}. Ingested {date}.",
    "none": "n/a",
    "empty": "(empty)",
    "users": "Users",
    "share": "% of users",
    "range": "Score range",
    # charts: score_ranges
    "ranges_title": "{range} holds {share} of users",
    "ranges_no_score": "{share} of users have no score",
    "no_users": "No users in this ingestion",
    "ranges_subtitle": "Users per score range (number and % of all)\n"
    "Ingested {date}; N = {n}; no score: {missing}",
    "ranges_alt": "Bar chart of users per score range, where {range} has the most: "
    "{value} of {n}. No score: {missing}.",
    # charts: default_rates
    "rate": "Expected default rate",
    "rates_falls": "Expected default falls from {first} to {last} as score rises",
    "rates_highest": "Highest expected default: {value} at {range}",
    "rates_none": "No score range states an expected default rate",
    "rates_subtitle": "Mean rate, in %, stated in the text of the score itself: how many "
    "of 100 are expected to have debts\nIngested {date}; N = {n} users; no rate: {missing}",
    "rates_alt": "Bar chart of the expected default rate per score range, where {values}.",
    # charts: product_types
    "product_type": "Product type",
    "no_product": "no product",
    "types_title": "{type} reaches {share} of users",
    "types_no_product": "{share} of users have no product",
    "types_subtitle": "Distinct users per product type{cut}, number and % of N{several}\n"
    "Ingested {date}; N = {n}; no product: {missing}",
    "types_several": ". Users may have several types: percentages do not add up to 100%",
    "types_cut": " (the {shown} largest of {all})",
    "types_alt": "Bar chart of users per product type, where {type} has the most: "
    "{value} of {n}. No product: {missing}.",
    # charts: users_per_day
    "day": "Day (UTC)",
    "month": "Month (UTC)",
    "year": "Year (UTC)",
    "new_users": "New users",
    "days_title": "New users peaked at {peak} ({period})",
    "days_single": "New users, {period}: {peak}",
    "days_tied": "New users peaked at {peak} (first: {period})",
    "days_none": "No new users in the period",
    "days_subtitle_day": "New users per day (createdAt, UTC)\n"
    "{first} to {last}; N = {n}; no date: {missing}",
    "days_subtitle_month": "New users per month (createdAt, UTC)\n"
    "{first} to {last}; N = {n}; no date: {missing}",
    "days_subtitle_year": "New users per year (createdAt, UTC)\n"
    "{first} to {last}; N = {n}; no date: {missing}",
    "days_subtitle_mean": "New users per day (createdAt, UTC); line: 7-day mean\n"
    "{first} to {last}; N = {n}; no date: {missing}",
    "mean_of_7_days": "7-day mean",
    "mean_7": "7-day\nmean",
    "days_alt": "Bar chart of new users from {first} to {last}, where the highest number "
    "is {peak}, in {period}; N = {n}.",
    # charts: products_by_range
    "heat_title": "{type}, {range}: {share} of users",
    "heat_subtitle": "Distinct users per score range and product type{cut}, in % of N. "
    "Users may have several types: percentages do not add up to 100%\n"
    "Ingested {date}; N = {n}",
    "heat_alt": "Heat map of users per score range and product type, where {type}, {range} has "
    "the most: {value} of {n}.",
    # charts: score_distribution
    "score": "Score",
    "from": "Above",
    "to": "Up to",
    "distribution_title": "Half of users with a score have up to {median}",
    "distribution_none": "No users have a score",
    "distribution_subtitle": "Users per score, in steps of {width}; lines: edges of the score "
    "ranges, each within the range to its left\n"
    "Ingested {date}; N = {n}; no score: {missing}",
    "distribution_alt": "Histogram of scores with the edges of the ranges, where half of the "
    "users have up to {median}; the range with most users is {range}: {value} of {n}.",
    # charts: change_between
    "before": "Users on {date}",
    "change": "Change",
    "change_gains": "{range} gains {value} users",
    "change_loses": "{range} loses {value} users",
    "change_even": "No score range changed in size",
    "change_unknown": "No earlier ingestion with the same ranges",
    "change_first": "First ingestion: nothing to compare with",
    "change_subtitle_first": "Change in users per score range\nIngested {date}; N = {n}",
    "change_alt_first": "Chart of the change in users per score range, empty: the ingestion of "
    "{date} is the first.",
    "change_subtitle": "Change in users per score range (number and % of earlier)\n"
    "{before} to {date}; N = {n_before} before, {n} after",
    "change_alt": "Bar chart of the change in users per score range from {before} to {date}: "
    "{values}.",
    # charts: any answer
    "answer_title": "{top}: {most}",
    "answer_subtitle": "{value} by {name}; {shown} of {all} rows\nIngested {date}",
    "answer_alt": "Bar chart of {value} by {name}, where {top} has the most: {most}.",
    # explore
    "explore_date": "Ingestion",
    "explore_all": "all users",
    "explore_edge": "Edge {place}",
    "explore_run": "Run",
    "explore_rows": "{shown} of {all} rows",
    "explore_user": "User",
    "explore_document": "Document in silver",
    "explore_flat": "Rows in gold",
    "tree_field": "Field",
    "tree_type": "Type",
    "tree_null": "% null",
    # comparison of runs
    "compare_title": "Two runs compared",
    "compare_runs": "{before} and {after}",
    "compare_name": "Name",
    "compare_before": "Before",
    "compare_after": "After",
    "compare_same": "No difference.",
    "compare_schema": "Fields of the silver table",
    "compare_made": "Sources and versions",
    "compare_no_schema": "One of the runs did not read its source.",
    "compare_no_scores": "One of the runs did not count scores.",
    # several runs, or the variants of a sweep
    "many_title": "Variants compared",
    "many_about": "{n} runs of {source}, ingested {date}.",
    "many_variant": "Variant",
    "many_failed": "Did not finish: {n} of {all}.",
    "many_finding": "The largest range holds from {least} (variant {a}) to {most} (variant {b}) "
    "of users.",
    "many_even": "The largest range holds {most} of users in every variant.",
    "many_none": "No variant counted users per score range.",
    "many_largest": "Largest range",
    "many_report": "Report",
    "many_one_scale": "All on one scale: the lengths of bars can be compared.",
    "many_differing": "In bold, what differs from the first variant.",
    "many_alike": "The same in all: {values}.",
    "many_same_charts": "The same in all variants: {names}.",
    "many_counts": "Counts that differ",
    "many_schema": "Fields of the silver table that differ",
    "many_shared": "Parameters in common",
    # report
    "html_lang": "en",
    "title": "User scores",
    "ingested": "Ingested {date}",
    "finding": "Among {n} users, the range {range} is the largest, with {users} ({share}).",
    "finding_no_score": "Among {n} users, {users} ({share}) have no score.",
    "finding_rate": "The mean expected default rate is {rate}.",
    "finding_none": "This run produced no numbers per score range.",
    "unfinished": "This run did not finish. State: {state}.",
    "largest": "In the largest range ({range})",
    "mean_rate": "Mean expected default rate",
    "heading_score_ranges": "Users per score range",
    "heading_default_rates": "Expected default per range",
    "heading_product_types": "Users per product type",
    "heading_users_per_day": "New users over time",
    "heading_score_distribution": "Distribution of the score",
    "heading_products_by_range": "Product types by score range",
    "heading_change_between": "Change since the last ingestion",
    "read": "{documents} documents read, {quarantined} in quarantine.",
    "charts": "Charts",
    "tables": "Numbers",
    "to_numbers": "Numbers of this chart",
    "no_chart": "No chart: the step was not run.",
    "numbers": "Numbers of: {heading}",
    "scroll": "{rows} rows; scroll the list to see all of them.",
    "not_printed": "The {rows} numbers are on this page on screen and in charts/{name}.json.",
    "how": "How it was made",
    "sources": "Sources",
    "file": "File",
    "bytes": "Bytes",
    "layout": "Layout",
    "compression": "Compression",
    "nothing_lost": "Nothing was lost",
    "counts": "Counts",
    "adds_up": "Each document read is in one of these places, with the reason for each refusal.",
    "broken": "The sum does not hold: some documents are unaccounted for.",
    "documents": "Documents read",
    "silver": "In the silver table",
    "quarantined": "In quarantine",
    "refused": "Refused: {reason}",
    "proof": "{leaves} values, in {paths} fields, compared between the source and silver:",
    "agrees": "equal.",
    "agrees_superseded": "equal, {silver} documents in silver and {superseded} superseded ones in "
    "quarantine taken together.",
    "differs": "there are differences.",
    "drift": "What changed in the schema since {since}",
    "notes": "Notes",
    "steps": "Steps",
    "step": "Step",
    "state": "State",
    "seconds": "Duration",
    "rows_in": "Rows in",
    "rows_out": "Rows out",
    "leaves": "Values verified",
    "parameters": "Parameters",
    "parameter": "Parameter",
    "value": "Value",
    "execution": "Execution",
    "run_id": "Run id",
    "started": "Started",
    "finished": "Finished",
    "versions": "Versions",
    "engine": "Engine",
    "git_commit": "Git commit",
}
