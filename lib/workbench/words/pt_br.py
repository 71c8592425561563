"""Every word that charts and the report show, in Brazilian Portuguese."""

from __future__ import annotations

from typing import Final

PT_BR: Final = {
    # score ranges
    "up_to": "até {upper}",
    "between": "{lower} a {upper}",
    "over": "mais de {below} a {upper}",
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
    "ranges_tied": "{count} faixas de score concentram {share} dos usuários cada",
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
    "rates_tied": "Maior inadimplência esperada: {value} em {count} faixas",
    "rates_none": "Nenhuma faixa declara a inadimplência esperada",
    "rates_subtitle": "Taxa média, em %, declarada no texto do próprio score: quantos de cada 100 "
    "devem apresentar débitos\nIngestão de {date}; N = {n} usuários; sem taxa: {missing}",
    "rates_alt": "Gráfico de barras da inadimplência esperada por faixa de score, em que {values}.",
    # charts: product_types
    "product_type": "Tipo de produto",
    "no_product": "sem produto",
    "types_title": "{type} alcança {share} dos usuários",
    "types_tied": "{count} tipos de produto alcançam {share} dos usuários cada",
    "types_none": "Nenhum tipo de produto nesta ingestão",
    "types_no_product": "{share} dos usuários não têm produto",
    "types_subtitle": "Usuários distintos por tipo de produto{cut}, número e % de N{several}\n"
    "Ingestão de {date}; N = {n}; sem produto: {missing}",
    "types_several": ". Usuários podem ter vários tipos: as porcentagens não somam 100%",
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
    "heat_tied": "{count} células concentram {share} dos usuários cada",
    "heat_subtitle": "Usuários distintos por faixa de score e tipo de produto{cut}, em % de N"
    "{several}\nIngestão de {date}; N = {n}",
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
    "distribution_subtitle_growing": "Usuários por score, em intervalos que crescem com ele; "
    "linhas: limites das faixas, cada um incluído na faixa à esquerda\n"
    "Ingestão de {date}; N = {n}; sem score: {missing}",
    "distribution_alt": "Histograma dos scores, com os limites das faixas, em que metade dos "
    "usuários tem até {median}; a faixa com mais usuários é {range}: {value} de {n}.",
    # charts: change_between
    "before": "Usuários em {date}",
    "change": "Variação",
    "change_gains": "{range} ganha {value} usuários",
    "change_loses": "{range} perde {value} usuários",
    "change_gains_but": "{range} ganha {value} usuários; parcela cai a {share}",
    "change_loses_but": "{range} perde {value} usuários; parcela sobe a {share}",
    "change_tied": "{count} faixas de score mudam em {value} usuários",
    "change_even": "Nenhuma faixa mudou de tamanho",
    "change_unknown": "Sem ingestão anterior com as mesmas faixas",
    "change_first": "Primeira ingestão: não há com o que comparar",
    "change_subtitle_first": "Variação dos usuários por faixa de score\n"
    "Ingestão de {date}; N = {n}",
    "change_alt_first": "Gráfico da variação dos usuários por faixa de score, vazio: a ingestão "
    "de {date} é a primeira.",
    "change_subtitle": "Variação dos usuários por faixa de score (número e % do anterior)\n"
    "De {before} a {date}; N = {n_before} antes, {n} depois",
    "change_alt": "Gráfico de barras da variação dos usuários por faixa de score, de {before} a "
    "{date}: {values}.",
    # charts: any answer
    "answer_title": "{top}: {most} ({value})",
    "answer_tied": "{count} de {all} linhas: {most} ({value})",
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
    "title_users": "Usuários",
    "ingested": "Ingestão de {date}",
    "finding": "Entre {n} usuários, a faixa {range} é a maior, com {users} ({share}).",
    "finding_tied": "Entre {n} usuários, {count} faixas são as maiores, cada uma com {users} "
    "({share}).",
    "finding_no_score": "Entre {n} usuários, {users} ({share}) não têm score.",
    "finding_rate": "A inadimplência média esperada é de {rate}.",
    "finding_users": "{n} usuários.",
    "finding_none": "Esta execução não produziu os números por faixa de score.",
    "unfinished": "Esta execução não terminou. Estado: {state}.",
    "largest": "Na maior faixa ({range})",
    "mean_rate": "Inadimplência média esperada",
    "heading_score_ranges": "Usuários por faixa de score",
    "heading_default_rates": "Inadimplência esperada por faixa",
    "heading_product_types": "Usuários por tipo de produto",
    "heading_users_per_day": "Usuários novos ao longo do tempo",
    "heading_score_distribution": "Distribuição do score",
    "heading_products_by_range": "Tipos de produto por faixa de score",
    "heading_change_between": "Mudança desde a última ingestão",
    "read": "{documents} documentos lidos, {quarantined} em quarentena.",
    "charts": "Gráficos",
    "tables": "Números",
    "to_numbers": "Números deste gráfico",
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
    "agrees_superseded": "iguais, somados {silver} documentos da silver e {superseded} "
    "substituídos, que estão na quarentena.",
    "differs": "há diferenças.",
    "drift": "O que mudou no schema desde {since}",
    "notes": "Observações",
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
# The same with a number or a name in it, for which `{}` stands.
RUN_NOTES_PT_BR: Final = {
    "null where the date is no time between the years 1 and 9999; its text is in {} ({})": "nulo "
    "onde a data não é um momento entre os anos 1 e 9999; o texto está em {} ({})",
    "null where the text is no JSON; it stays in {} ({})": "nulo onde o texto não é JSON; ele fica "
    "em {} ({})",
    "{} of {} texts ({}) are no ISO times between the years 1 and 9999, so all stay texts": "{} de "
    "{} textos ({}) não são momentos ISO entre os anos 1 e 9999: todos ficam em texto",
    "{} lone objects where others have an array, read as arrays of one": "{} objetos soltos onde "
    "outros têm uma lista, lidos como listas de um",
    "{} empty arrays or texts where others have an object, read as null": "{} listas ou textos "
    "vazios onde outros têm um objeto, lidos como nulos",
    "{} values that were written as another type, read as {}": "{} valores escritos em outro tipo, "
    "lidos como {}",
    "{} texts that hold JSON, read as what they hold": "{} textos que contêm JSON, lidos como o "
    "que contêm",
    "left out, as asked, with {} values": "deixados de fora, como pedido, com {} valores",
    "holds JSON in {} of its texts; expand makes fields of it": "contém JSON em {} dos textos; "
    "expand faz campos dele",
    "the files of the documents, for {} is a field of the dump": "os arquivos dos documentos, pois "
    "{} é um campo do dump",
    "{} in the dump, a name that the workbench needs itself": "{} no dump; o nome é do workbench",
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
    "not an array": "não é uma lista",
    "odd element": "lista com um elemento estranho",
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
    "values of several kinds, kept as JSON text": "valores de tipos diferentes, mantidos como JSON",
    "a date that does not parse, so all keep their text": "há data inválida: ficam em texto",
    "named in pii, but not in this dump": "indicado em pii, mas ausente deste dump",
    "keys stood twice in one object; the last value won": "chaves repetidas num mesmo objeto; "
    "vale o último valor",
    "in the folder, but not read, for only names of JSON are; name it to read it": "na pasta, mas "
    "não lido: o nome não é de JSON; para ler, indique o arquivo",
    "a link, or a file with holes, in an archive, so not read; unpack it to read it": "link "
    "em um arquivo compactado, ou arquivo com lacunas: não lido; para ler, descompacte",
    "looks personal and is not in pii, so it stays as it is": "parece dado pessoal e não está em "
    "pii: fica como está",
    "fields named by what looks personal (e-mail, IP, CPF, phone); names are not hashed": "campos "
    "cujo nome parece dado pessoal (e-mail, IP, CPF, telefone); nomes não recebem hash",
    "ISO times in text, read as times; a contract may keep them a string": "momentos ISO em texto, "
    "lidos como momentos; um contrato pode mantê-los como string",
    "ISO times in text, but not all of them, and an array or a map has no room beside for those "
    "that are none, so all stay texts": "momentos ISO em texto, mas nem todos, e uma lista ou um "
    "mapa não tem lugar ao lado para os outros: todos ficam em texto",
    "numbers of more digits than a double holds, kept exact, as decimals": "números com mais "
    "dígitos do que um double comporta, mantidos exatos, como decimais",
    "numbers of more digits than any type holds, or of several kinds, kept as JSON text": "números "
    "com mais dígitos do que qualquer tipo comporta, ou de vários tipos, mantidos como JSON",
    "the documents are what stands there; what stands beside it is not read": "os documentos são o "
    "que está ali; o que está ao lado não é lido",
    "the documents are what stands in the outermost object of each file": "os documentos são o que "
    "está no objeto externo de cada arquivo",
    "named in expand, but no text there holds an object or an array": "indicado em expand, mas "
    "nenhum texto ali contém um objeto ou uma lista",
    "texts that hold JSON, hashed whole; expand makes fields of them, to be hashed one by one": "te"
    "xtos que contêm JSON, com hash do todo; expand faz campos deles, com hash de cada um",
    "named in types, but not in this dump": "indicado em types, mas ausente deste dump",
    "the values of DynamoDB's typed JSON are read as what they hold, as asked": "os valores do "
    "JSON tipado do DynamoDB são lidos como o que contêm, como pedido",
    "a field for each place of the longest array there, null where others end": "um campo para "
    "cada posição da lista mais longa, nulo onde outras terminam",
    "named in the contract, but without a value in this dump": "indicado no contrato, mas sem "
    "valor neste dump",
    "written again in the types of all ingestions": "reescrita nos tipos de todas as ingestões",
    "no such field in this ingestion": "não há este campo nesta ingestão",
    "no such array in this ingestion, so each user has one row": "não há este array nesta "
    "ingestão; cada usuário tem uma linha",
}
