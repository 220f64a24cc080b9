"""The form of every admin page: it checks the whole row."""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class WholeRowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checks a table's constraints on the row as it will be stored.

    Django leaves out constraints of which one field is not on the form, since the user could not mend it. On our pages
    such fields are shown as text; what breaks a constraint is always something that can be mended.
    """

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as fault:
            self._add(fault)

    def _add(self, fault: ValidationError) -> None:
        for field, faults in fault.error_dict.items():
            place: Any = field if field in self.fields and field != NON_FIELD_ERRORS else None
            self.add_error(place, ValidationError(faults))


class TableRowForm(WholeRowForm):
    """A row among others in a table, where the heading of the column stands for the fields' labels.

    Screen readers are told the label with each field.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            drawn: Any = getattr(
                field.widget, "widget", field.widget
            )  # related rows are chosen in a widget within another
            drawn.attrs.setdefault("aria-label", str(field.label))
