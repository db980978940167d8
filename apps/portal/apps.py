from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "apps.portal"

    def ready(self) -> None:
        """Give rows, columns and states their words wherever Django shows them by itself, as in the admin."""
        from apps.portal.names import say_names
        from apps.portal.states import name_states

        say_names()
        name_states()
