"""The typed words of the house and the family of errors; imports only pydantic."""
