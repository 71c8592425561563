"""Every word that charts and the report show: one table per locale, the same keys in each."""

from typing import Final

PT_BR: Final = {
    # score ranges
    "up_to": "até {upper}",
    "between": "{lower} a {upper}",
    "above": "acima de {below}",
    "no_score": "sem score",
    # charts: what they share
    "caption": "Fonte: {source}. Ingestão de {date}.",
    "none": "n/d",
    "empty": "(vazio)",
    "users": "Usuários",
    "share": "% dos usuários",
    "range": "Faixa de score",
    # charts: score_ranges
    "ranges_title": "{range} concentra {share} dos usuários",
    "ranges_no_score": "{share} dos usuários não têm score",
    "no_users": "Sem usuários na ingestão",
    "ranges_subtitle": "Usuários por faixa de score (número e % do total)\n"
    "Ingestão de {date}; N = {n}; sem score: {missing}",
    "ranges_alt": "Gráfico de barras dos usuários por faixa de score, em que {range} tem "
    "o maior número: {value} de {n}. Sem score: {missing}.",
    # charts: default_rates
    "rate": "Inadimplência esperada",
    "rates_falls": "Inadimplência esperada cai de {first} para {last} com o score",
    "rates_highest": "Maior inadimplência esperada: {value} na faixa {range}",
    "rates_none": "Nenhuma faixa declara a inadimplência esperada",
    "rates_subtitle": "Taxa média, em %, declarada no texto do próprio score: quantos de cada 100 "
    "devem apresentar débitos\nIngestão de {date}; N = {n} usuários; sem taxa: {missing}",
    "rates_alt": "Gráfico de barras da inadimplência esperada por faixa de score, em que {values}.",
    # charts: product_types
    "product_type": "Tipo de produto",
    "no_product": "sem produto",
    "types_title": "{type} alcança {share} dos usuários",
    "types_no_product": "{share} dos usuários não têm produto",
    "types_subtitle": "Usuários distintos por tipo de produto{cut}, número e % de N. "
    "Usuários podem ter vários tipos: as porcentagens não somam 100%\n"
    "Ingestão de {date}; N = {n}; sem produto: {missing}",
    "types_cut": " (os {shown} maiores de {all})",
    "types_alt": "Gráfico de barras dos usuários por tipo de produto, em que {type} tem "
    "o maior número: {value} de {n}. Sem produto: {missing}.",
    # charts: users_per_day
    "day": "Dia (UTC)",
    "month": "Mês (UTC)",
    "year": "Ano (UTC)",
    "new_users": "Usuários novos",
    "days_title": "Usuários novos: pico de {peak} em {period}",
    "days_single": "Usuários novos em {period}: {peak}",
    "days_tied": "Usuários novos: pico de {peak} (primeiro: {period})",
    "days_none": "Sem usuários novos no período",
    "days_subtitle_day": "Usuários novos por dia (createdAt, UTC)\n"
    "{first} a {last}; N = {n}; sem data: {missing}",
    "days_subtitle_month": "Usuários novos por mês (createdAt, UTC)\n"
    "{first} a {last}; N = {n}; sem data: {missing}",
    "days_subtitle_year": "Usuários novos por ano (createdAt, UTC)\n"
    "{first} a {last}; N = {n}; sem data: {missing}",
    "days_subtitle_mean": "Usuários novos por dia (createdAt, UTC); linha: média de 7 dias\n"
    "{first} a {last}; N = {n}; sem data: {missing}",
    "mean_of_7_days": "Média de 7 dias",
    "mean_7": "média\n7 dias",
    "days_alt": "Gráfico de barras dos usuários novos de {first} a {last}, em que o maior "
    "número é {peak}, em {period}; N = {n}.",
    # charts: products_by_range
    "heat_title": "{type}, {range}: {share} dos usuários",
    "heat_subtitle": "Usuários distintos por faixa de score e tipo de produto{cut}, em % de N. "
    "Usuários podem ter vários tipos: as porcentagens não somam 100%\n"
    "Ingestão de {date}; N = {n}",
    "heat_alt": "Mapa de calor dos usuários por faixa de score e tipo de produto, em que "
    "{type}, {range} tem o maior número: {value} de {n}.",
    # charts: score_distribution
    "score": "Score",
    "from": "Acima de",
    "to": "Até",
    "distribution_title": "Metade dos usuários com score tem até {median}",
    "distribution_none": "Sem usuários com score",
    "distribution_subtitle": "Usuários por score, em intervalos de {width}; linhas: limites das "
    "faixas, cada um incluído na faixa à esquerda\n"
    "Ingestão de {date}; N = {n}; sem score: {missing}",
    "distribution_alt": "Histograma dos scores, com os limites das faixas, em que metade dos "
    "usuários tem até {median}; a faixa com mais usuários é {range}: {value} de {n}.",
    # charts: change_between
    "before": "Usuários em {date}",
    "change": "Variação",
    "change_gains": "{range} ganha {value} usuários",
    "change_loses": "{range} perde {value} usuários",
    "change_even": "Nenhuma faixa mudou de tamanho",
    "change_unknown": "Sem ingestão anterior com as mesmas faixas",
    "change_subtitle": "Variação dos usuários por faixa de score (número e % do anterior)\n"
    "De {before} a {date}; N = {n_before} antes, {n} depois",
    "change_alt": "Gráfico de barras da variação dos usuários por faixa de score, de {before} a "
    "{date}: {values}.",
    # charts: any answer
    "answer_title": "{top}: {most}",
    "answer_subtitle": "{value} por {name}; {shown} de {all} linhas\nIngestão de {date}",
    "answer_alt": "Gráfico de barras de {value} por {name}, em que {top} tem o maior número: "
    "{most}.",
    # explore
    "explore_date": "Ingestão",
    "explore_all": "todos os usuários",
    "explore_edge": "Limite {place}",
    "explore_run": "Executar",
    "explore_rows": "{shown} de {all} linhas",
    "explore_user": "Usuário",
    "explore_document": "Documento em silver",
    "explore_flat": "Linhas em gold",
    "tree_field": "Campo",
    "tree_type": "Tipo",
    "tree_null": "% nulos",
    # comparison of runs
    "compare_title": "Comparação de duas execuções",
    "compare_runs": "{before} e {after}",
    "compare_name": "Nome",
    "compare_before": "Antes",
    "compare_after": "Depois",
    "compare_same": "Sem diferenças.",
    "compare_schema": "Campos da tabela silver",
    "compare_made": "Fontes e versões",
    "compare_no_schema": "Uma das execuções não leu a fonte.",
    "compare_no_scores": "Uma das execuções não contou os scores.",
    # several runs, or the variants of a sweep
    "many_title": "Variantes comparadas",
    "many_about": "{n} execuções de {source}, ingestão de {date}.",
    "many_variant": "Variante",
    "many_failed": "Não terminaram: {n} de {all}.",
    "many_finding": "A maior faixa reúne de {least} (variante {a}) a {most} (variante {b}) "
    "dos usuários.",
    "many_even": "A maior faixa reúne {most} dos usuários em todas as variantes.",
    "many_none": "Nenhuma variante contou usuários por faixa de score.",
    "many_largest": "Maior faixa",
    "many_report": "Relatório",
    "many_one_scale": "Todas na mesma escala: o comprimento das barras pode ser comparado.",
    "many_differing": "Em negrito, o que difere da primeira variante.",
    "many_alike": "Iguais em todas: {values}.",
    "many_same_charts": "Iguais em todas as variantes: {names}.",
    "many_counts": "Contagens que diferem",
    "many_schema": "Campos da tabela silver que diferem",
    "many_shared": "Parâmetros em comum",
    # report
    "html_lang": "pt-BR",
    "title": "Scores dos usuários",
    "ingested": "Ingestão de {date}",
    "finding": "Entre {n} usuários, a faixa {range} é a maior, com {users} ({share}).",
    "finding_no_score": "Entre {n} usuários, {users} ({share}) não têm score.",
    "finding_rate": "A inadimplência média esperada é de {rate}.",
    "finding_none": "Esta execução não produziu os números por faixa de score.",
    "unfinished": "Esta execução não terminou. Estado: {state}.",
    "largest": "Na maior faixa ({range})",
    "mean_rate": "Inadimplência média esperada",
    "heading_score_ranges": "Usuários por faixa de score",
    "heading_default_rates": "Inadimplência esperada por faixa",
    "heading_product_types": "Usuários por tipo de produto",
    "heading_users_per_day": "Usuários novos ao longo do tempo",
    "no_chart": "Sem gráfico: a etapa não foi executada.",
    "numbers": "Números de: {heading}",
    "scroll": "{rows} linhas; role a lista para ver todas.",
    "not_printed": "Os {rows} números estão nesta página em tela e em charts/{name}.json.",
    "how": "Como foi feito",
    "sources": "Fontes",
    "file": "Arquivo",
    "bytes": "Bytes",
    "layout": "Formato",
    "compression": "Compressão",
    "nothing_lost": "Nada se perdeu",
    "counts": "Contagens",
    "adds_up": "Cada documento lido está em um destes lugares, com o motivo de cada recusa.",
    "broken": "A soma não confere: há documentos sem destino.",
    "documents": "Documentos lidos",
    "silver": "Na tabela silver",
    "quarantined": "Em quarentena",
    "refused": "Recusados: {reason}",
    "proof": "{leaves} valores, em {paths} campos, comparados entre a fonte e a tabela silver:",
    "agrees": "iguais.",
    "differs": "há diferenças.",
    "drift": "O que mudou no schema desde {since}",
    "steps": "Etapas",
    "step": "Etapa",
    "state": "Estado",
    "seconds": "Duração",
    "rows_in": "Linhas lidas",
    "rows_out": "Linhas escritas",
    "leaves": "Valores conferidos",
    "parameters": "Parâmetros",
    "parameter": "Parâmetro",
    "value": "Valor",
    "execution": "Execução",
    "run_id": "Identificador",
    "started": "Início",
    "finished": "Fim",
    "versions": "Versões",
    "engine": "Motor",
    "git_commit": "Commit do git",
}

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
    "types_subtitle": "Distinct users per product type{cut}, number and % of N. "
    "Users may have several types: percentages do not add up to 100%\n"
    "Ingested {date}; N = {n}; no product: {missing}",
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
    "differs": "there are differences.",
    "drift": "What changed in the schema since {since}",
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

# Words that other modules write into run.json, in English; what is not listed is shown as it is.
RUN_WORDS_PT_BR: Final = {
    "done": "concluída",
    "failed": "falhou",
    "running": "em andamento",
    "not run": "não executada",
    "reused": "reaproveitada",
    "invalid JSON": "JSON inválido",
    "truncated": "documento truncado",
    "not an object": "não é um objeto",
    "missing key": "sem chave",
    "null key": "chave nula",
    "superseded": "substituído",
    "contract": "fora do contrato",
    "forgotten": "esquecida",
    "added": "novo",
    "removed": "removido",
    "widened": "ampliado",
    "narrowed": "reduzido",
    "conflicting": "em conflito",
    "none": "nenhuma",
    "one document a line": "um documento por linha",
    "array, one element a line": "array, um elemento por linha",
    "array": "array",
    "objects one after another": "objetos em sequência",
    "interrupted": "interrompida",
}
