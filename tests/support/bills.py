"""The provider's invoices and the resources on them, made of a few rows."""

import json

from support.worlds import World


class Bill:
    """One invoice of the provider: its lines, and what the API says beside them."""

    def __init__(self, uuid: str, month: str):
        self.uuid, self.month = uuid, month
        self.lines: list[dict[str, str]] = []
        self.items: list[dict[str, str]] = []

    def line(self, product: str, description: str, usd: str, hours: str = "744", resource_id: str = "") -> None:
        start = f"{self.month}-01"
        self.lines.append(
            {
                "product": product,
                "description": description,
                "hours": hours,
                "start": f"{start} 00:00:00 +0000",
                "end": f"{start} 23:00:00 +0000",
                "USD": f"-${usd[1:]}" if usd.startswith("-") else f"${usd}",
            }
        )
        if resource_id:
            self.items.append(
                {
                    "product": product,
                    "description": description,
                    "amount": usd,
                    "start_time": f"{start}T00:00:00Z",
                    "end_time": f"{start}T23:00:00Z",
                    "resource_uuid": resource_id,
                }
            )

    def deliver(self, world: World, delivery: str, total: str) -> None:
        path = world.deliver("digitalocean_invoices", delivery, f"{self.uuid}.csv", self.lines)
        summary = {"invoice_uuid": self.uuid, "billing_period": self.month, "amount": total}
        path.with_name(f"{self.uuid}.summary.json").write_text(json.dumps(summary))
        if self.items:
            path.with_name(f"{self.uuid}.items.json").write_text(json.dumps({"invoice_items": self.items}))


def resource(name: str, tenant: str, kind: str = "droplet") -> dict[str, str]:
    deployment = f"d-{tenant}" if tenant else ""
    return {"resource_id": f"r-{name}", "deployment_id": deployment, "kind": kind, "name": name}
