"""Which fields name a person, or say where one is: read from names, and from values."""

from __future__ import annotations

import re

from workbench.bronze.check_digits import is_ipv6
from workbench.schema import ITEM, Path, clean_key

# Words of Brazil's and Europe's law and of common dumps, in the snake_case of clean names.
FIELD = re.compile(
    r"(^|_)(user_?name|login|nick_?name|apelido|screen_name|e_?mail|(tele)?phone(_?(number|no))?"
    r"|telefone|fone|celular|mobile|whatsapp|fax|cpf|cnpj|rg|rne|rnm|cnh|cns|pis(_?pasep)?|pasep|nis"
    r"|nit|ssn|titulo_(de_)?eleitor|passport|passaporte|address|endereco|filiacao|conjuge|spouse"
    r"|beneficiary|beneficiario|chave_?pix|pix(_key)?|iban|account_(number|no)|conta(_corrente)?"
    r"|numero_(da_)?conta|card_(number|no)|numero_(do_)?cartao|placa|license_plate"
    r"|lat|lon|lng|latitude|longitude"
    r"|street(_address)?\d*|logradouro|complemento|bairro|(address_?)?line_?\d+|zip_?code|zip|cep"
    r"|post(al)?_?code|ip|ip_address|user_?agent|birth_?da(te|y)|date_of_birth|dob"
    r"|data_(de_)?nascimento|nascimento|surname|sobrenome|family_name|given_name"
    r"|nome_(completo|(da_)?mae|(do_)?pai|social|(do_|da_)?(cliente|paciente|usuario|titular|aluno"
    r"|motorista|responsavel|beneficiario|conjuge))|mother_name|father_name"
    r"|(first|last|middle|full|maiden|display|host|author|reviewer|owner|holder|contact|customer"
    r"|client|cliente|user|usuario|patient|paciente|passenger|recipient|sender)_name)$"
)
NAME = re.compile(r"^(name|nome|full_?name|family|given)$")
# What a bare `name` must stand in to be a person's, where it is not the document's own.
PERSON = re.compile(
    r"(^|_)(users?|usuarios?|persons?|people|pessoas?|customers?|clientes?|clients?|owners?"
    r"|authors?|committers?|maintainers?|contacts?|contatos?|patients?|employees?|members?"
    r"|sellers?|buyers?|hosts?|guests?|students?|billing_details|shipping|names?|requester"
    r"|assignee|sender|recipient|holder|titular|socios?|pacientes?|drivers?|motoristas?|alunos?"
    r"|passengers?|spouses?|conjuges?|beneficiar(y|ies)|beneficiarios?|dependents?|dependentes?"
    r"|responsave(l|is))$"
)
HOLDERS = re.compile(r"^(telecom|phones?|e?mails?|telefones|identifiers?)$")
VALUES = {
    "e-mail addresses": re.compile(r"^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$"),
    "IP addresses": re.compile(r"^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$"),
    "MAC addresses": re.compile(r"^[0-9a-fA-F]{2}([:-])([0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}$"),
    "coordinates": re.compile(
        r"^(geo:)?(?=.*-|.*\.\d{3})[+-]?([0-8]?\d|90)\.\d{2,}\s?[,;]\s?[+-]?(1[0-7]\d|\d\d?|180)\.\d{2,}$"
        r"|^POINT ?\([+-]?\d{1,3}\.\d{2,} [+-]?\d{1,2}\.\d{2,}\)$"
    ),
    "CPF or CNPJ": re.compile(
        r"^\d{3}\.\d{3}\.\d{3}-\d{2}$|^[\dA-Z]{2}\.[\dA-Z]{3}\.[\dA-Z]{3}/[\dA-Z]{4}-\d{2}$"
    ),
    "phone numbers": re.compile(
        r"^(\+\d[\d\s().-]{8,}|\(\d{2,3}\)\s?\d{4,5}[- ]?\d{4}|\d{2} 9?\d{4}-\d{4})$"
    ),
}


def tells_a_person(text: str) -> bool:
    """Whether a text is an e-mail or IP address, a CPF or CNPJ, or a phone number."""
    return is_ipv6(text) or any(form.match(text) for form in VALUES.values())


def is_personal_name(path: Path) -> bool:
    """Whether the names on a path say that it is about a person."""
    keys = [clean_key(str(key)) for key in path if key is not ITEM]
    own, around = keys[-1], keys[-2] if len(keys) > 1 else ""
    if FIELD.search(own):
        return True
    if NAME.search(own):
        return not around or bool(PERSON.search(around))
    if own == "line" and around in ("address", "endereco"):
        return True
    return own in ("value", "number", "numero", "valor") and bool(HOLDERS.search(around))
