"""Write the example home: three months of a small cloud reseller, the same bytes every time.

    python examples/generate.py [DIR]

DIR is `home` beside this file unless given; its `landing/` is replaced. The tables below are the cast and what
happens to it; each function after them writes one feed. Nothing here knows the billing rules: amounts that another
system billed or that were paid are given as such. Only the standard library is used, no clock, no binary fractions.
Everyone in here is fictional.
"""

import csv
import gzip
import io
import json
import random
import shutil
import sys
import uuid
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

MONTHS = ("2026-03", "2026-04", "2026-05")
SEED = 20260401

CONFIGURATION = """\
# Harbour Grove Cloud, a fictional reseller: see README.md
[supplier]
name = "Harbour Grove Cloud Pty Ltd"
abn = "51824753556"
address = "Level 2, 18 Example Street, Hobart TAS 7000"
email = "accounts@example.com"

[billing]
timezone = "UTC"
first_period = "2026-03"
reporting_currency = "AUD"
adjustment_months = 3

[privacy]
k = 11
"""

# Control plane. `since` is the first delivery that has the row; a later row of the same key replaces it.

TENANTS = """\
since|tenant_id|name|currency|tax_region|abn|email
2026-03|pilot|Pilot Learning Co-operative Ltd|AUD|AU|47555222000|accounts@pilot.example.com
2026-03|bluegum|Bluegum Analytics Pty Ltd|AUD|AU|29900100101|finance@bluegum.example.com
2026-03|coral|Coral Bay Maritime Museum|AUD|AU|84900100202|office@coral.example.org
2026-03|driftwood|Driftwood Games Pty Ltd|AUD|AU||hello@driftwood.example.com
2026-03|ember|Ember Lane Bakery|AUD|AU|50900100303|orders@ember.example.com
2026-03|fernhill|Fernhill Schools Network|AUD|AU|16900100404|it@fernhill.example.org
2026-03|gullwing|Gullwing Robotics Pty Ltd|AUD|AU|71900100505|ap@gullwing.example.com
2026-03|harvest|Harvest Moon Films Pty Ltd|AUD|AU|37900100606|production@harvest.example.com
2026-03|ironbark|Ironbark Legal|AUD|AU|92900100707|practice@ironbark.example.com
2026-03|juniper|Juniper Health (NZ) Ltd|AUD|NONE||accounts@juniper.example.org
2026-03|kestrel|Kestrel Labs (Australia) Pty Ltd|USD|AU|58900100808|billing@kestrel.example.com
2026-03|lantern|Lantern Street Community Radio|AUD|AU||studio@lantern.example.org
2026-05|lantern|Lantern Street Community Radio|AUD|AU|24900100909|treasurer@lantern.example.org
"""

DEPLOYMENTS = """\
since|deployment_id|tenant_id|slug|display_name|region|llm_mode|billing_action_suspended
2026-03|d-pilot|pilot|pilot|Pilot classroom|syd1|off|false
2026-03|d-bluegum-app|bluegum|app|Bluegum dashboards|syd1|off|false
2026-03|d-bluegum-lab|bluegum|lab|Bluegum lab|syd1|gateway|false
2026-03|d-coral-web|coral|web|Museum site|mel1|off|false
2026-03|d-drift-play|driftwood|play|Driftwood playtest|syd1|off|false
2026-03|d-ember-shop|ember|shop|Ember Lane shop|mel1|off|false
2026-03|d-fern-lms|fernhill|lms|Fernhill classrooms|mel1|gateway|false
2026-03|d-fern-portal|fernhill|portal|Fernhill parents' portal|mel1|off|false
2026-03|d-gull-fleet|gullwing|fleet|Gullwing fleet|syd1|off|false
2026-03|d-gull-sim|gullwing|sim|Gullwing simulator|syd1|gateway|false
2026-03|d-harvest-render|harvest|render|Harvest Moon rendering|syd1|gateway|false
2026-03|d-iron-docs|ironbark|docs|Ironbark documents|mel1|gateway|false
2026-03|d-juniper-ehr|juniper|ehr|Juniper records|syd1|gateway|false
2026-03|d-kestrel-api|kestrel|api|Kestrel API|syd1|gateway|false
2026-03|d-kestrel-batch|kestrel|batch|Kestrel batch|syd1|off|false
2026-03|d-lantern-air|lantern|air|Lantern Street stream|mel1|off|false
"""

# d-lantern-air has no events: it counts as active.
DEPLOYMENT_EVENTS = """\
since|event_id|deployment_id|from_state|to_state|occurred_at|actor
2026-03|e01|d-pilot||active|2026-03-01T00:00:00Z|onboarding
2026-03|e02|d-bluegum-app||active|2025-11-03T01:12:40Z|onboarding
2026-03|e03|d-bluegum-lab||active|2025-12-01T03:00:00Z|onboarding
2026-03|e04|d-coral-web||active|2025-10-20T22:31:05Z|onboarding
2026-03|e05|d-drift-play||trial|2026-03-20T04:15:00Z|signup
2026-03|e06|d-ember-shop||active|2025-09-01T00:00:00Z|onboarding
2026-03|e07|d-fern-lms||active|2026-01-12T23:00:00Z|onboarding
2026-03|e08|d-fern-portal||active|2026-02-02T23:00:00Z|onboarding
2026-03|e09|d-gull-fleet||active|2025-08-18T05:00:00Z|onboarding
2026-03|e10|d-gull-sim||active|2025-12-15T05:00:00Z|onboarding
2026-03|e11|d-harvest-render||trial|2026-01-10T06:00:00Z|signup
2026-03|e12|d-harvest-render|trial|active|2026-01-24T06:00:00Z|signup
2026-03|e13|d-iron-docs||active|2025-07-07T01:00:00Z|onboarding
2026-03|e14|d-juniper-ehr||active|2025-11-11T01:00:00Z|onboarding
2026-03|e15|d-kestrel-api||active|2026-02-16T01:00:00Z|onboarding
2026-03|e16|d-kestrel-batch||active|2026-02-16T01:05:00Z|onboarding
2026-04|e17|d-coral-web|active|paused|2026-04-07T14:20:00Z|customer
2026-04|e18|d-drift-play|trial|active|2026-04-11T10:00:00Z|customer
2026-04|e19|d-coral-web|paused|active|2026-04-14T09:05:00Z|customer
2026-04|e20|d-ember-shop|active|cancelled|2026-04-20T17:30:00Z|customer
2026-05|e21|d-gull-sim|active|past_due|2026-05-10T00:30:00Z|dunning
2026-05|e22|d-gull-sim|past_due|active|2026-05-18T02:10:00Z|dunning
2026-05|e23|d-ember-shop|cancelled|archived|2026-05-20T00:00:00Z|retention
"""

PLANS = """\
since|plan_code|name
2026-03|starter|Starter
2026-03|studio|Studio
2026-03|pro|Pro
2026-03|vault|Vault, usage capped
2026-03|studio_usd|Studio (US dollars)
"""

PLAN_VERSIONS = """\
since|plan_version_id|plan_code|version|base_price_cents|currency|minimum_cents
2026-03|starter-v1|starter|1|1900|AUD|
2026-03|studio-v1|studio|1|5000|AUD|
2026-03|pro-v1|pro|1|12000|AUD|
2026-03|vault-v1|vault|1|8000|AUD|
2026-03|studio-usd-v1|studio_usd|1|3500|USD|
"""

PLAN_ITEMS = """\
since|plan_version_id|resource_kind|included_qty|overage_price_cents|overage_unit|hard_cap_qty|charge_model
2026-03|starter-v1|droplet_hours|744|1.5|hour||per_unit
2026-03|starter-v1|llm_tokens|200000|1.25|1k_tokens||per_unit
2026-03|starter-v1|spaces_gb|25|2.5|gb||per_unit
2026-03|studio-v1|droplet_hours|1488|1|hour||per_unit
2026-03|studio-v1|llm_tokens|1000000|1|1k_tokens||per_unit
2026-03|studio-v1|spaces_gb|100|2|gb||per_unit
2026-03|pro-v1|droplet_hours|3720|0.8|hour||per_unit
2026-03|pro-v1|llm_tokens|5000000|0.75|1k_tokens||per_unit
2026-03|pro-v1|spaces_gb|500|1.5|gb||per_unit
2026-03|vault-v1|droplet_hours|1488|1|hour|200|per_unit
2026-03|vault-v1|llm_tokens|500000|1|1k_tokens|1000000|per_unit
2026-03|vault-v1|spaces_gb|200|2|gb||per_unit
2026-03|studio-usd-v1|droplet_hours|1488|0.7|hour||per_unit
2026-03|studio-usd-v1|llm_tokens|1000000|0.7|1k_tokens||per_unit
2026-03|studio-usd-v1|spaces_gb|100|1.5|gb||per_unit
"""

PLAN_ITEM_TIERS = """\
since|plan_version_id|resource_kind|up_to|unit_price_cents|flat_fee_cents
"""

ADDONS = """\
since|addon_code|name|resource_kind|qty|price_cents
2026-03|storage_50gb|50 GB of object storage|spaces_gb|50|750
2026-03|tokens_1m|1 million tokens|llm_tokens|1000000|900
2026-03|droplet_month|One more droplet|droplet_hours|744|600
"""

SUBSCRIPTIONS = """\
since|subscription_id|deployment_id|plan_version_id|starts_on|ends_on
2026-03|s-pilot|d-pilot|studio-v1|2026-03-01|
2026-03|s-bluegum-app|d-bluegum-app|studio-v1|2025-11-03|
2026-04|s-bluegum-app|d-bluegum-app|studio-v1|2025-11-03|2026-04-16
2026-04|s-bluegum-app|d-bluegum-app|pro-v1|2026-04-16|
2026-03|s-bluegum-lab|d-bluegum-lab|starter-v1|2025-12-01|
2026-03|s-coral-web|d-coral-web|studio-v1|2025-10-20|
2026-03|s-drift-play|d-drift-play|starter-v1|2026-03-20|
2026-03|s-ember-shop|d-ember-shop|starter-v1|2025-09-01|
2026-04|s-ember-shop|d-ember-shop|starter-v1|2025-09-01|2026-04-21
2026-03|s-fern-lms|d-fern-lms|pro-v1|2026-01-13|
2026-03|s-fern-portal|d-fern-portal|studio-v1|2026-02-03|
2026-03|s-gull-fleet|d-gull-fleet|studio-v1|2025-08-18|
2026-03|s-gull-sim|d-gull-sim|pro-v1|2025-12-15|
2026-03|s-harvest-render|d-harvest-render|studio-v1|2026-01-24|
2026-03|s-iron-docs|d-iron-docs|vault-v1|2025-07-07|
2026-03|s-juniper-ehr|d-juniper-ehr|pro-v1|2025-11-11|
2026-03|s-kestrel-api|d-kestrel-api|studio-usd-v1|2026-02-16|
2026-03|s-kestrel-batch|d-kestrel-batch|studio-usd-v1|2026-02-16|
2026-03|s-lantern-air|d-lantern-air|studio-v1|2025-06-01|
"""

SUBSCRIPTION_ADDONS = """\
since|subscription_addon_id|subscription_id|addon_code|resource_kind|qty|price_cents|attached_on|detached_on
2026-04|sa-pilot-storage|s-pilot|storage_50gb|spaces_gb|50|750|2026-04-01|
2026-04|sa-harvest-storage|s-harvest-render|storage_50gb|spaces_gb|50|750|2026-04-10|
2026-03|sa-juniper-tokens|s-juniper-ehr|tokens_1m|llm_tokens|1000000|900|2025-11-11|
2026-05|sa-juniper-tokens|s-juniper-ehr|tokens_1m|llm_tokens|1000000|900|2025-11-11|2026-05-01
2026-03|sa-fern-droplet|s-fern-portal|droplet_month|droplet_hours|744|600|2026-02-03|
"""

TOP_UPS = """\
since|top_up_id|deployment_id|resource_kind|qty|price_cents|purchased_at|expires_on
2026-03|t-gull-a|d-gull-fleet|spaces_gb|30|50|2026-03-05T02:00:00Z|2026-05-15
2026-03|t-gull-b|d-gull-fleet|spaces_gb|90|140|2026-03-28T03:30:00Z|2026-06-30
2026-04|t-harvest-a|d-harvest-render|droplet_hours|200|150|2026-04-22T07:45:00Z|2026-05-01
"""

# Matched to the provider's lines by (kind, name), or by the id where the invoice's items are there.
CLOUD_RESOURCES = """\
since|deployment_id|kind|name
2026-03|d-pilot|droplet|pilot-web-1
2026-03|d-pilot|droplet|pilot-web-2
2026-04|d-pilot|droplet|pilot-worker-1
2026-03|d-gull-fleet|volume|gullwing-data
2026-03|d-fern-lms|load_balancer|fernhill-lb
2026-03|d-ember-shop|volume|ember-archive
2026-05|d-harvest-render|droplet|harvest-render-1
2026-05|d-bluegum-app|database_cluster|bluegum-db
"""

FX_RATES = """\
since|month|from_currency|to_currency|rate
2026-03|2026-03|USD|AUD|1.5123
2026-04|2026-04|USD|AUD|1.524850
2026-05|2026-05|USD|AUD|1.531
"""

# Kestrel pays late, Driftwood too little, Fernhill in two parts, Ember's last invoice not at all.
PAYMENTS = """\
since|payment_id|invoice_id|amount_cents|paid_at
2026-04|p001|INV-2026-03-bluegum-1|8844|2026-04-09T00:20:00Z
2026-04|p002|INV-2026-03-coral-1|5500|2026-04-10T01:20:00Z
2026-04|p003|INV-2026-03-ember-1|2090|2026-04-11T02:20:00Z
2026-04|p004|INV-2026-03-fernhill-1|30405|2026-04-12T03:20:00Z
2026-04|p005|INV-2026-03-gullwing-1|22234|2026-04-13T04:20:00Z
2026-04|p006|INV-2026-03-harvest-1|5510|2026-04-14T05:20:00Z
2026-04|p007|INV-2026-03-ironbark-1|9031|2026-04-15T06:20:00Z
2026-04|p008|INV-2026-03-juniper-1|12922|2026-04-16T00:20:00Z
2026-04|p009|INV-2026-03-lantern-1|5500|2026-04-18T02:20:00Z
2026-04|p010|INV-2026-03-pilot-1|5500|2026-04-19T03:20:00Z
2026-05|p011|INV-2026-03-kestrel-1|7939|2026-05-04T06:00:00Z
2026-05|p012|INV-2026-04-bluegum-1|12114|2026-05-08T00:35:00Z
2026-05|p013|INV-2026-04-coral-1|4400|2026-05-09T01:35:00Z
2026-05|p014|INV-2026-04-driftwood-1|1300|2026-05-10T02:35:00Z
2026-05|p015|INV-2026-04-fernhill-1|20000|2026-05-12T04:35:00Z
2026-05|p016|INV-2026-04-fernhill-1|22254|2026-05-12T04:55:00Z
2026-05|p017|INV-2026-04-gullwing-1|22358|2026-05-13T05:35:00Z
2026-05|p018|INV-2026-04-harvest-1|6278|2026-05-14T06:35:00Z
2026-05|p019|INV-2026-04-ironbark-1|9258|2026-05-15T00:35:00Z
2026-05|p020|INV-2026-04-juniper-1|12925|2026-05-16T01:35:00Z
2026-05|p021|INV-2026-04-lantern-1|5500|2026-05-18T03:35:00Z
2026-05|p022|INV-2026-04-pilot-1|7064|2026-05-19T04:35:00Z
"""

# Metering. A droplet runs on the days from..until (until not included); the other kinds are metered on the same days.

DROPLETS = """\
deployment_id|droplet|from|until|billable
d-pilot|pilot-web-1|2026-03-01|2026-06-01|true
d-pilot|pilot-web-2|2026-03-01|2026-06-01|true
d-pilot|pilot-worker-1|2026-04-01|2026-06-01|true
d-bluegum-app|bluegum-app-1|2026-03-01|2026-06-01|true
d-bluegum-app|bluegum-app-2|2026-03-01|2026-06-01|true
d-bluegum-app|bluegum-app-3|2026-03-01|2026-06-01|true
d-bluegum-lab|bluegum-lab-1|2026-03-01|2026-06-01|true
d-coral-web|coral-web-1|2026-03-01|2026-04-08|true
d-coral-web|coral-web-1|2026-04-14|2026-06-01|true
d-coral-web|coral-web-2|2026-03-01|2026-04-08|true
d-coral-web|coral-web-2|2026-04-14|2026-06-01|true
d-drift-play|drift-play-1|2026-03-21|2026-04-11|false
d-drift-play|drift-play-1|2026-04-11|2026-06-01|true
d-ember-shop|ember-shop-1|2026-03-01|2026-04-21|true
d-fern-lms|fern-lms-1|2026-03-01|2026-06-01|true
d-fern-lms|fern-lms-2|2026-03-01|2026-06-01|true
d-fern-lms|fern-lms-3|2026-03-01|2026-06-01|true
d-fern-portal|fern-portal-1|2026-03-01|2026-06-01|true
d-fern-portal|fern-portal-2|2026-03-01|2026-06-01|true
d-fern-portal|fern-portal-3|2026-04-01|2026-06-01|true
d-gull-fleet|gull-fleet-1|2026-03-01|2026-06-01|true
d-gull-fleet|gull-fleet-2|2026-03-01|2026-06-01|true
d-gull-sim|gull-sim-1|2026-03-01|2026-06-01|true
d-harvest-render|harvest-render-1|2026-03-01|2026-06-01|true
d-harvest-render|harvest-render-2|2026-03-01|2026-06-01|true
d-harvest-render|harvest-render-3|2026-04-24|2026-05-01|true
d-iron-docs|iron-docs-1|2026-03-01|2026-06-01|true
d-iron-docs|iron-docs-2|2026-03-01|2026-06-01|true
d-iron-docs|iron-docs-3|2026-04-01|2026-06-01|true
d-juniper-ehr|juniper-ehr-1|2026-03-01|2026-06-01|true
d-juniper-ehr|juniper-ehr-2|2026-03-01|2026-06-01|true
d-kestrel-api|kestrel-api-1|2026-03-01|2026-06-01|true
d-kestrel-api|kestrel-api-2|2026-03-01|2026-06-01|true
d-kestrel-api|kestrel-api-3|2026-04-01|2026-06-01|true
d-kestrel-batch|kestrel-batch-1|2026-03-01|2026-06-01|true
d-kestrel-batch|kestrel-standby|2026-03-01|2026-06-01|false
d-lantern-air|lantern-air-1|2026-03-01|2026-06-01|true
"""

# Hours that the meter missed (until not included): four whole days of Juniper, 16 hours of one of Harvest's droplets.
METER_OUTAGES = """\
droplet|from|until
juniper-ehr-1|2026-05-12T00:00:00|2026-05-16T00:00:00
juniper-ehr-2|2026-05-12T00:00:00|2026-05-16T00:00:00
harvest-render-1|2026-05-20T02:00:00|2026-05-20T18:00:00
"""

TOKENS = """\
deployment_id|hours_per_day|least|most
d-pilot|24|400|1300
d-bluegum-app|8|2000|8000
d-bluegum-lab|8|500|1500
d-coral-web|8|300|900
d-drift-play|8|100|500
d-fern-lms|8|9000|24000
d-gull-sim|8|5000|15000
d-iron-docs|8|1500|4000
d-juniper-ehr|8|12000|30000
d-kestrel-api|8|3000|7000
"""

# Gigabyte-months of object storage in each month; a day's event is that day's part.
STORAGE = """\
deployment_id|2026-03|2026-04|2026-05
d-pilot|80|135|140
d-bluegum-app|124|180|260
d-coral-web|60|66|90
d-drift-play|4|18|22
d-ember-shop|12|10|0
d-fern-lms|410|455|470
d-fern-portal|40|45|50
d-gull-fleet|80|200|145
d-harvest-render|95|150|170
d-iron-docs|150|210|230
d-juniper-ehr|300|310|320
d-kestrel-api|90|120|110
d-lantern-air|20|20|20
"""

# Single rows: late ones, usage on a paused day, a kind that no plan item prices, and the one bad row.
SINGLE_EVENTS = """\
since|deployment_id|resource_kind|quantity|first_hour|events|resource_name|capability|what
2026-04|d-bluegum-app|droplet_hours|1|2026-03-30T00:00:00|24|bluegum-burst-1|compute|late, of March
2026-04|d-lantern-air|droplet_hours|1|2026-03-31T18:00:00|6|lantern-air-2|compute|late, within the allowance
2026-04|d-coral-web|droplet_hours|1|2026-04-09T10:00:00|5|coral-web-1|compute|on a paused day
2026-04|d-gull-sim|gpu_hours|1|2026-04-15T01:00:00|12|gull-gpu-1|compute|no plan item
2026-04|d-lantern-air|spaces_gb|12.x|2026-04-17T00:00:00|1||storage|not a number
2026-05|d-kestrel-api|droplet_hours|1|2026-04-28T00:00:00|40|kestrel-burst-1|compute|late, of April
"""

LLM_REQUESTS = """\
deployment_id|2026-03|2026-04|2026-05
d-bluegum-lab|60|70|80
d-fern-lms|90|100|110
d-gull-sim|40|50|50
d-harvest-render|12|0|15
d-iron-docs|30|40|40
d-juniper-ehr|40|40|50
d-kestrel-api|60|70|70
"""

# Price of a token in units of 1e-10 of the tenant's currency: of the prompt, of the answer.
LLM_MODELS = (("small-chat", 1503, 6007), ("large-chat", 25000, 100000), ("embedder", 217, 0))

# Charges that are what they are: four tiny ones for one deployment, and a refund.
LLM_FIXED = """\
since|gateway_request_id|deployment_id|charge|occurred_at|model|input_tokens|output_tokens
2026-04|g4-harvest-1|d-harvest-render|0.004|2026-04-03T01:10:00Z|small-chat|8000|4667
2026-04|g4-harvest-2|d-harvest-render|0.004|2026-04-03T01:11:30Z|small-chat|8000|4667
2026-04|g4-harvest-3|d-harvest-render|0.004|2026-04-17T05:02:11Z|small-chat|8000|4667
2026-04|g4-harvest-4|d-harvest-render|0.003|2026-04-28T23:59:59.999Z|small-chat|8000|3000
2026-04|g4-refund-1|d-bluegum-lab|-0.0425|2026-04-20T03:00:00Z|large-chat||
"""

# The provider's invoices. Without hours a line is no usage; `full` is the whole month.

PROVIDER_LINES = """\
months|product|group_description|description|hours|amount|project_name
345|Droplets||pilot-web-1 (s-1vcpu-512mb-10gb)|full|4.00|tenants
345|Droplets||pilot-web-2 (s-1vcpu-512mb-10gb)|full|4.00|tenants
45|Droplets||pilot-worker-1 (s-1vcpu-512mb-10gb)|full|4.00|tenants
5|Droplets||harvest-render-1 (s-1vcpu-512mb-10gb)|full|4.00|tenants
345|Droplets||edge-syd1-01 (s-1vcpu-512mb-10gb)|full|4.00|platform
345|Droplets||edge-syd1-02 (s-1vcpu-512mb-10gb)|full|4.00|platform
4|Droplets||build-runner (s-1vcpu-512mb-10gb)|311.4|1.85|platform
35|Droplets||build-runner (s-1vcpu-512mb-10gb)|280.5|1.67|platform
4|Droplets||canary (blue) (s-1vcpu-512mb-10gb)|102.25|0.61|platform
4|Droplets||canary (green) (s-1vcpu-512mb-10gb)|96|0.57|platform
4|Droplets||restore "drill", week 15 (s-1vcpu-512mb-10gb)|6.25|0.04|
4|Droplets||restore "drill", week 17 (s-1vcpu-512mb-10gb)|2.5|0.01|
345|Droplet Backups||pilot-web-1 (s-1vcpu-512mb-10gb)|full|0.80|tenants
345|Droplet Backups||edge-syd1-01 (s-1vcpu-512mb-10gb)|full|0.80|platform
345|Droplet Backups||edge-syd1-02 (s-1vcpu-512mb-10gb)|full|0.80|platform
3|Droplet Snapshots||edge-golden-2026-03 (5.31 GB)|168|0.07|platform
45|Droplet Snapshots||edge-golden-2026-03 (5.31 GB)|full|0.32|platform
4|Droplet Snapshots||edge-golden-2026-04 (5.42 GB)|full|0.33|platform
5|Droplet Snapshots||edge-golden-2026-04 (5.42 GB)|full|0.33|platform
4|Droplet Snapshots||build-cache (4.98 GB)|full|0.30|platform
4|Droplet Snapshots||test-cache (4.83 GB)|full|0.29|platform
345|Volumes||Gullwing-Data (50 GB)|full|5.00|tenants
345|Volumes||ember-archive (20 GB)|full|2.00|tenants
345|Volumes||platform-logs (10 GB)|full|1.00|platform
345|Load Balancers||fernhill-lb (Small)|full|12.00|tenants
5|Database Clusters|bluegum-db|bluegum-db (db-s-1vcpu-1gb)|396|8.06|tenants
345|Database Clusters|platform-db|platform-db (db-s-1vcpu-1gb)|full|15.00|platform
4|Kubernetes Clusters|ops-doks|a56e086a317d8410c8b4cfd1f4dc9f82|24.5|0.44|platform
345|Spaces Subscription||Spaces ($5/mo 250GB storage & 1TB bandwidth)|full|5.00|
345|Container Registry Subscription||Basic ($5/mo 5 repositories & 5GB storage)|full|5.00|
3|Droplet Bandwidth Overage||Droplet Bandwidth Overage (41.07GB @ $0.01/GB)|full|0.41|
4|Droplet Bandwidth Overage||Droplet Bandwidth Overage (112.40GB @ $0.01/GB)|full|1.12|
5|Droplet Bandwidth Overage||Droplet Bandwidth Overage (89.55GB @ $0.01/GB)|full|0.90|
4|Floating IPs||Unused Floating IP - 203.0.113.7|118.5|0.74|
5|Floating IPs||Unused Floating IP - 203.0.113.7|40|0.25|
345|Uptime Health Check||https://status.example.com/|full|1.00|platform
345|Uptime Health Check||https://portal.example.com/health|full|1.00|platform
45|Uptime Health Check||https://api.example.com/health|full|1.00|platform
45|Uptime Health Check||https://docs.example.org/|full|1.00|platform
3|Functions||webhooks (21,500 GiB-seconds)|full|0.40|platform
45|Functions||webhooks (90,000 GiB-seconds)|full|1.00|platform
5|Service Credits||Outage of 9 May 2026, ticket 48151623||-5.00|
3|Taxes||GST (10%)||6.80|
4|Taxes||GST (10%)||7.90|
"""

PAAS = {"Database Clusters", "Kubernetes Clusters", "Container Registry Subscription", "Functions", "Load Balancers"}
OVERAGES = {"Droplet Bandwidth Overage"}
ACCOUNT_LEVEL = OVERAGES | {"Spaces Subscription", "Container Registry Subscription", "Service Credits", "Taxes"}

# Campaigns

BUNDLES = """\
since|bundle_id|tenant_id|name|price_cents|status|starts_on|ends_on
2026-04|b-fern-skills|fernhill|Digital skills, term 2|10000|active|2026-04-01|2026-07-01
"""

CAMPAIGNS = """\
since|campaign_id|tenant_id|name|pricing_model|starts_on|ends_on|bundle_id|bundle_share|committed_seats|seat_price_cents\
|credit_allocation|credit_consumption_rate|credit_price_cents|outcome_price_cents|session_price_cents
2026-03|c-fern-bootcamp|fernhill|Teachers' bootcamp|seats|2026-03-01|2026-07-01|||40|250|||||
2026-03|c-gull-training|gullwing|Simulator training|credits|2026-03-01||||||500|1.5|20||
2026-04|c-fern-ai|fernhill|Using AI|bundle|2026-04-01|2026-07-01|b-fern-skills|0.3333|||||||
2026-04|c-fern-cloud|fernhill|Cloud basics|bundle|2026-04-01|2026-07-01|b-fern-skills|0.3333|||||||
2026-04|c-fern-data|fernhill|Data basics|bundle|2026-04-01|2026-07-01|b-fern-skills|0.3334|||||||
2026-05|c-coral-visits|coral|School visits|iaas|2026-05-01|2026-12-01||||||||120|900
"""

CAMPAIGN_USAGE = """\
since|campaign_id|event_type|quantity|occurred_at|deduplication_key|metadata
2026-03|c-fern-bootcamp|seat_usage|36|2026-03-10T02:00:00Z|seats-2026-03-10|
2026-03|c-fern-bootcamp|seat_usage|38|2026-03-24T02:00:00Z|seats-2026-03-24|
2026-03|c-gull-training|credit_usage|60|2026-03-12T06:00:00Z|sim-0312|{"room":"A"}
2026-03|c-gull-training|credit_usage|40|2026-03-26T06:00:00Z|sim-0326|{"room":"B"}
2026-04|c-fern-bootcamp|seat_usage|41|2026-04-07T02:00:00Z|seats-2026-04-07|
2026-04|c-fern-bootcamp|seat_usage|43|2026-04-21T02:00:00Z|seats-2026-04-21|
2026-04|c-fern-bootcamp|seat_usage|43|2026-04-21T02:00:00Z|seats-2026-04-21|
2026-04|c-gull-training|credit_usage|70.5|2026-04-09T06:00:00Z|sim-0409|{"room":"A"}
2026-04|c-gull-training|credit_usage|39.5|2026-04-23T06:00:00Z|sim-0423|{"room":"A"}
2026-04|c-fern-ai|learner_served|118|2026-04-29T02:00:00Z|ai-2026-04|
2026-05|c-fern-bootcamp|seat_usage|39|2026-05-12T02:00:00Z|seats-2026-05-12|
2026-05|c-gull-training|credit_usage|55|2026-05-07T06:00:00Z|sim-0507|{"room":"B"}
2026-05|c-gull-training|credit_usage|40|2026-05-21T06:00:00Z|sim-0521|{"room":"A"}
2026-05|c-coral-visits|learner_served|24|2026-05-13T01:00:00Z||{"school":"Fictional Primary"}
2026-05|c-coral-visits|learner_served|31|2026-05-20T01:00:00Z||{"school":"Imaginary High"}
2026-05|c-coral-visits|session_completed|1|2026-05-13T03:00:00Z||
2026-05|c-coral-visits|session_completed|1|2026-05-20T03:00:00Z||
"""

# What the billing system that Counterfoil replaces billed for April: it forgot Pilot's overage and Coral's pause.
BILLED_INVOICES = """\
since|tenant_id|month|subtotal_cents|tax_cents|total_cents
2026-04|bluegum|2026-04|11013|1101|12114
2026-04|coral|2026-04|5000|500|5500
2026-04|driftwood|2026-04|1267|127|1394
2026-04|ember|2026-04|1267|127|1394
2026-04|fernhill|2026-04|38413|3841|42254
2026-04|gullwing|2026-04|20325|2033|22358
2026-04|harvest|2026-04|5707|571|6278
2026-04|ironbark|2026-04|8416|842|9258
2026-04|juniper|2026-04|12925|0|12925
2026-04|kestrel|2026-04|7663|766|8429
2026-04|lantern|2026-04|5000|500|5500
2026-04|pilot|2026-04|5750|575|6325
"""

BALANCES = """\
month|generated_at|account_balance|month_to_date_usage
2026-03|2026-03-31T23:07:04Z|0.00|67.81
2026-04|2026-04-30T23:07:02Z|0.00|78.88
2026-05|2026-05-31T23:07:05Z|-5.00|87.79
"""

KEYS = {
    "tenants": (TENANTS, ("tenant_id",)),
    "deployments": (DEPLOYMENTS, ("deployment_id",)),
    "deployment_events": (DEPLOYMENT_EVENTS, ("event_id",)),
    "plans": (PLANS, ("plan_code",)),
    "plan_versions": (PLAN_VERSIONS, ("plan_version_id",)),
    "plan_items": (PLAN_ITEMS, ("plan_version_id", "resource_kind")),
    "plan_item_tiers": (PLAN_ITEM_TIERS, ("plan_version_id", "resource_kind", "up_to")),
    "addons": (ADDONS, ("addon_code",)),
    "subscriptions": (SUBSCRIPTIONS, ("subscription_id", "starts_on")),
    "subscription_addons": (SUBSCRIPTION_ADDONS, ("subscription_addon_id",)),
    "top_ups": (TOP_UPS, ("top_up_id",)),
    "fx_rates": (FX_RATES, ("month", "from_currency", "to_currency")),
    "payments": (PAYMENTS, ("payment_id",)),
}

Row = dict[str, str]


# Reading the tables above, writing files


def rows(table: str) -> list[Row]:
    """The rows of a table above, as text by column."""
    header, *lines = (line.split("|") for line in table.splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


def delivered(table: str, month: str) -> list[Row]:
    """The rows whose first delivery is this month's, without `since`."""
    return [without_since(row) for row in rows(table) if row["since"] == month]


def snapshot(table: str, keys: tuple[str, ...], month: str) -> list[Row]:
    """The whole table as of this month's delivery: the newest row of each key, where the key first stood."""
    newest: dict[tuple[str, ...], Row] = {}
    for row in sorted(rows(table), key=lambda row: row["since"]):
        if row["since"] <= month:
            newest[tuple(row[key] for key in keys)] = without_since(row)
    return list(newest.values())


def without_since(row: Row) -> Row:
    """The row as it is delivered."""
    return {column: value for column, value in row.items() if column != "since"}


def header(table: str) -> list[str]:
    """The delivered columns of a table above."""
    return [column for column in table.partition("\n")[0].split("|") if column != "since"]


def write(path: Path, text: str) -> None:
    """The text as UTF-8 with LF, compressed (without name or time in the header) if the path ends in `.gz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    if path.suffix == ".gz":
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
            file.write(content)
        content = packed.getvalue()
    path.write_bytes(content)


def write_csv(path: Path, columns: Iterable[str], records: Iterable[Row]) -> None:
    """Records as RFC 4180 with LF; a column that a record lacks is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    write(path, text.getvalue())


def write_jsonl(path: Path, records: Iterable[Row], numbers: tuple[str, ...] = ()) -> None:
    """Records as JSON Lines; the columns in `numbers` as numbers with the digits they have, empty ones left out."""

    def line(record: Row) -> str:
        parts = (f"{json.dumps(k)}:{v if k in numbers else json.dumps(v)}" for k, v in record.items() if v != "")
        return "{" + ",".join(parts) + "}\n"

    write(path, "".join(map(line, records)))


def write_json(path: Path, value: object) -> None:
    """One JSON document."""
    write(path, json.dumps(value, indent=2) + "\n")


def period(home: Path, feed: str, month: str) -> Path:
    """The folder of one feed's delivery."""
    return home / "landing" / feed / f"period={month}"


def stamp(moment: datetime) -> str:
    """A UTC timestamp as most systems write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def days(month: str) -> list[date]:
    """The days of a month."""
    year, number = map(int, month.split("-"))
    return [date(year, number, day + 1) for day in range(monthrange(year, number)[1])]


# Control plane


def resource_uuid(kind: str, name: str) -> str:
    """The provider's id of a resource, the same in the control plane and in the invoice's items."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://provider.example.com/{kind}/{name.lower()}"))


def control_plane(home: Path, month: str) -> None:
    """Full snapshots of all tables; the events as JSON Lines, the others as CSV."""
    folder = period(home, "control_plane", month)
    for name, (table, keys) in KEYS.items():
        if name == "deployment_events":
            write_jsonl(folder / f"{name}.jsonl", snapshot(table, keys, month))
        else:
            write_csv(folder / f"{name}.csv", header(table), snapshot(table, keys, month))
    resources = [
        {"resource_id": resource_uuid(row["kind"], row["name"]), **row}
        for row in snapshot(CLOUD_RESOURCES, ("kind", "name"), month)
    ]
    write_csv(folder / "cloud_resources.csv", ["resource_id", *header(CLOUD_RESOURCES)], resources)


# Metering

EVENT_COLUMNS = (
    "event_id",
    "deployment_id",
    "resource_kind",
    "quantity",
    "measured_at",
    "resource_name",
    "capability",
    "billable",
)


def event(values: tuple[str, ...]) -> Row:
    """One metering event from its values in the order of the columns."""
    return dict(zip(EVENT_COLUMNS, values, strict=True))


def outages() -> dict[str, tuple[str, str]]:
    """The hours that the meter missed, by droplet."""
    return {row["droplet"]: (row["from"], row["until"]) for row in rows(METER_OUTAGES)}


def droplet_events(month: str) -> Iterator[Row]:
    """An event for every hour that a droplet ran, droplet after droplet."""
    missed = outages()
    number = 0
    for row in rows(DROPLETS):
        lost_from, lost_until = missed.get(row["droplet"], ("", ""))
        for day in days(month):
            if not row["from"] <= day.isoformat() < row["until"]:
                continue
            for hour in range(24):
                number += 1
                at = f"{day}T{hour:02}:00:00"
                if lost_from <= at < lost_until:
                    continue
                yield event(
                    (
                        f"{month[-1]}d{number}",
                        row["deployment_id"],
                        "droplet_hours",
                        "1",
                        f"{at}Z",
                        row["droplet"],
                        "compute",
                        row["billable"],
                    )
                )


def service_days(deployment_id: str, month: str) -> dict[date, str]:
    """The days of the month on which a deployment runs, each with whether its usage is billable."""
    found: dict[date, str] = {}
    for row in rows(DROPLETS):
        if row["deployment_id"] == deployment_id:
            for day in days(month):
                if row["from"] <= day.isoformat() < row["until"]:
                    found.setdefault(day, row["billable"])
    return found


def token_events(month: str, chance: random.Random) -> Iterator[Row]:
    """Tokens per working hour of the deployments that talk to models."""
    number = 0
    for row in rows(TOKENS):
        for day, billable in service_days(row["deployment_id"], month).items():
            for hour in range(int(row["hours_per_day"])):
                number += 1
                tokens = chance.randint(int(row["least"]), int(row["most"]))
                at = f"{day}T{hour:02}:00:00Z"
                identity = (f"{month[-1]}t{number}", row["deployment_id"], "llm_tokens")
                yield event((*identity, str(tokens), at, "", "inference", billable))


def storage_events(month: str) -> Iterator[Row]:
    """Each day's part of the month's storage; the last day has what division leaves."""
    number = 0
    for row in rows(STORAGE):
        service = service_days(row["deployment_id"], month)
        if not service:
            continue
        total = Decimal(row[month])
        part = (total / len(service)).quantize(Decimal("0.001"), "ROUND_DOWN")
        for day, billable in service.items():
            number += 1
            quantity = total - part * (len(service) - 1) if day == max(service) else part
            identity = (f"{month[-1]}s{number}", row["deployment_id"], "spaces_gb")
            yield event((*identity, str(quantity), f"{day}T23:55:00Z", "", "storage", billable))


def single_events(month: str) -> Iterator[Row]:
    """The rows that are something else: see the table."""
    number = 0
    for row in delivered(SINGLE_EVENTS, month):
        first = datetime.fromisoformat(row["first_hour"])
        for hour in range(int(row["events"])):
            number += 1
            at = stamp(first + timedelta(hours=hour))
            identity = (f"{month[-1]}x{number}", row["deployment_id"], row["resource_kind"])
            yield event((*identity, row["quantity"], at, row["resource_name"], row["capability"], "true"))


def retried_events(home_events: list[Row], month: str) -> Iterator[Row]:
    """Events that were sent twice: every 1500th; in April also one of March, and one with another timestamp."""
    yield from home_events[700::1500]
    if month == "2026-04":
        yield next(row for row in droplet_events("2026-03") if row["deployment_id"] == "d-bluegum-app")
        first = next(row for row in home_events if row["resource_name"] == "juniper-ehr-1")
        yield {**first, "measured_at": first["measured_at"].replace(":00:00Z", ":05:00Z")}


def metering(home: Path, month: str, chance: random.Random) -> None:
    """Usage by the hour, storage by the day, in a file per source."""
    folder = period(home, "metering", month)
    droplets = list(droplet_events(month))
    tokens = list(token_events(month, chance))
    write_csv(folder / "droplets.csv.gz", EVENT_COLUMNS, droplets)
    write_jsonl(folder / "inference.jsonl.gz", tokens, numbers=("quantity", "billable"))
    write_csv(folder / "retries.csv", EVENT_COLUMNS, retried_events(droplets + tokens, month))
    write_csv(folder / "storage.csv", EVENT_COLUMNS, storage_events(month))
    if delivered(SINGLE_EVENTS, month):
        write_csv(folder / "singles.csv", EVENT_COLUMNS, single_events(month))


# LLM charges


def llm_tenants() -> dict[str, tuple[str, str]]:
    """Tenant and currency by deployment."""
    currencies = {row["tenant_id"]: row["currency"] for row in rows(TENANTS)}
    return {row["deployment_id"]: (row["tenant_id"], currencies[row["tenant_id"]]) for row in rows(DEPLOYMENTS)}


def llm_request(request_id: str, deployment_id: str, moment: datetime, chance: random.Random) -> Row:
    """One request as the gateway priced it: whole units of 1e-10."""
    tenant_id, currency = llm_tenants()[deployment_id]
    model, prompt_price, answer_price = chance.choice(LLM_MODELS)
    prompt = chance.randint(40, 6000)
    answer = chance.randint(20, 1500) if answer_price else 0
    charge = Decimal(prompt * prompt_price + answer * answer_price).scaleb(-10)
    return {
        "gateway_request_id": request_id,
        "tenant_id": tenant_id,
        "deployment_id": deployment_id,
        "charge": f"{charge:f}",
        "currency": currency,
        "occurred_at": stamp(moment),
        "model": model,
        "input_tokens": str(prompt),
        "output_tokens": str(answer),
    }


def random_requests(month: str, chance: random.Random) -> Iterator[Row]:
    """The month's requests, in the order in which they were made."""
    start = datetime.combine(days(month)[0], datetime.min.time(), UTC)
    seconds = 86400 * len(days(month))
    number = 0
    for row in rows(LLM_REQUESTS):
        for second in sorted(chance.randrange(seconds) for _ in range(int(row[month]))):
            number += 1
            request_id = f"g{month[-1]}-{number:04}"
            yield llm_request(request_id, row["deployment_id"], start + timedelta(seconds=second), chance)


def fixed_requests(month: str) -> Iterator[Row]:
    """The charges of the table of fixed ones."""
    for row in delivered(LLM_FIXED, month):
        tenant_id, currency = llm_tenants()[row["deployment_id"]]
        yield {**row, "tenant_id": tenant_id, "currency": currency}


def llm_usage(home: Path, months: Iterable[str], chance: random.Random) -> None:
    """The gateway's log. It repeats a request of each month in the same file, and one of the month before."""
    before: list[Row] = []
    for month in months:
        requests = sorted([*random_requests(month, chance), *fixed_requests(month)], key=lambda row: row["occurred_at"])
        repeated = [row for row in requests if row["gateway_request_id"] == f"g{month[-1]}-0005"]
        path = period(home, "llm_usage", month) / "gateway.jsonl"
        write_jsonl(path, requests + repeated + before, numbers=("charge", "input_tokens", "output_tokens"))
        before = [row for row in requests if row["gateway_request_id"] == f"g{month[-1]}-0010"]


# The provider's invoices and balance


def invoice_uuid(month: str) -> str:
    """The provider's id of the month's invoice."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://provider.example.com/invoices/{month}"))


def provider_lines(month: str) -> list[Row]:
    """The month's lines, with hours, start and end."""
    start = datetime.combine(days(month)[0], datetime.min.time(), UTC)
    whole = 24 * len(days(month))
    lines = []
    for row in rows(PROVIDER_LINES):
        if month[-1] not in row["months"]:
            continue
        hours = str(whole) if row["hours"] == "full" else row["hours"]
        end = start + timedelta(seconds=int(Decimal(hours or whole) * 3600) - (not hours))
        lines.append({**row, "hours": hours, "start": start, "end": end})
    return lines


def dollars(amount: str) -> str:
    """An amount in the style of the provider's CSV."""
    return f"-${amount[1:]}" if amount.startswith("-") else f"${amount}"


def provider_csv(path: Path, lines: list[Row]) -> None:
    """The invoice as the provider's CSV."""
    columns = (
        "product",
        "group_description",
        "description",
        "hours",
        "start",
        "end",
        "USD",
        "project_name",
        "category",
    )
    records = [
        {
            **{column: line[column] for column in ("product", "group_description", "description", "hours")},
            "start": line["start"].strftime("%Y-%m-%d %H:%M:%S +0000"),
            "end": line["end"].strftime("%Y-%m-%d %H:%M:%S +0000"),
            "USD": dollars(line["amount"]),
            "project_name": line["project_name"],
            "category": "paas" if line["product"] in PAAS else "iaas",
        }
        for line in lines
    ]
    write_csv(path, columns, records)


def provider_item(line: Row) -> dict[str, str]:
    """One line as the API gives it; account-level ones are no resource."""
    kinds = {"Droplets": "droplet", "Volumes": "volume", "Load Balancers": "load_balancer"}
    kinds["Database Clusters"] = "database_cluster"
    item = {"product": line["product"]}
    if line["product"] not in ACCOUNT_LEVEL:
        name = line["description"].rpartition(" (")[0] or line["description"]
        item["resource_uuid"] = resource_uuid(kinds.get(line["product"], line["product"]), name)
    item |= {
        "group_description": line["group_description"],
        "description": line["description"],
        "amount": line["amount"],
        "duration": line["hours"],
        "duration_unit": "Hours" if line["hours"] else "",
        "start_time": stamp(line["start"]),
        "end_time": stamp(line["end"]),
        "project_name": line["project_name"],
        "category": "paas" if line["product"] in PAAS else "iaas",
    }
    return item


def total(lines: Iterable[Row]) -> str:
    """The sum of the lines as the API writes amounts."""
    return str(sum((Decimal(line["amount"]) for line in lines), Decimal("0.00")))


def provider_summary(month: str, lines: list[Row]) -> dict[str, object]:
    """The invoice's summary as the API gives it."""
    taxes = [line for line in lines if line["product"] == "Taxes"]
    credited = [line for line in lines if line["amount"].startswith("-")]
    overages = [line for line in lines if line["product"] in OVERAGES]
    usage = [line for line in lines if line not in taxes + credited + overages]
    products = {
        product: [line for line in usage if line["product"] == product]
        for product in [line["product"] for line in usage]
    }
    return {
        "invoice_uuid": invoice_uuid(month),
        "invoice_id": f"5004{month.replace('-', '')[2:]}",
        "billing_period": month,
        "amount": total(lines),
        "user_name": "Harbour Grove Cloud",
        "user_billing_address": {
            "address_line1": "Level 2, 18 Example Street",
            "city": "Hobart",
            "region": "TAS",
            "postal_code": "7000",
            "country_iso2_code": "AU",
            "created_at": "2025-06-01T01:00:00.000+00:00",
            "updated_at": "2025-06-01T01:00:00.000+00:00",
        },
        "user_company": "Harbour Grove Cloud Pty Ltd",
        "user_email": "accounts@example.com",
        "product_charges": {
            "name": "Product usage charges",
            "amount": total(usage),
            "items": [
                {"amount": total(part), "name": product, "count": str(len(part))} for product, part in products.items()
            ],
        },
        "overages": {"name": "Overages", "amount": total(overages)},
        "taxes": {"name": "Taxes", "amount": total(taxes)},
        "credits_and_adjustments": {"name": "Credits & adjustments", "amount": total(credited)},
    }


def digitalocean_invoices(home: Path, month: str) -> None:
    """The month's invoice: CSV and summary, from April on also the items with their resources' ids."""
    folder = period(home, "digitalocean_invoices", month)
    lines = provider_lines(month)
    provider_csv(folder / f"{invoice_uuid(month)}.csv", lines)
    write_json(folder / f"{invoice_uuid(month)}.summary.json", provider_summary(month, lines))
    if month >= "2026-04":
        items = {"invoice_items": [provider_item(line) for line in lines], "links": {}, "meta": {"total": len(lines)}}
        write_json(folder / f"{invoice_uuid(month)}.items.json", items)


def digitalocean_balance(home: Path, month: str) -> None:
    """The balance on the month's last evening."""
    row = next(row for row in rows(BALANCES) if row["month"] == month)
    answer = {
        "month_to_date_balance": str(Decimal(row["account_balance"]) + Decimal(row["month_to_date_usage"])),
        "account_balance": row["account_balance"],
        "month_to_date_usage": row["month_to_date_usage"],
        "generated_at": row["generated_at"],
    }
    write_json(period(home, "digitalocean_balance", month) / f"{row['generated_at'][:10]}.json", answer)


# Campaigns, the other billing system, analytics exports


def campaigns(home: Path, month: str) -> None:
    """Bundles and campaigns as snapshots, the month's usage."""
    folder = period(home, "campaigns", month)
    write_csv(folder / "bundles.csv", header(BUNDLES), snapshot(BUNDLES, ("bundle_id",), month))
    write_csv(folder / "campaigns.csv", header(CAMPAIGNS), snapshot(CAMPAIGNS, ("campaign_id",), month))
    write_csv(folder / "campaign_usage.csv", header(CAMPAIGN_USAGE), delivered(CAMPAIGN_USAGE, month))


def billed_invoices(home: Path) -> None:
    """What the old billing system billed for April."""
    path = period(home, "billed_invoices", "2026-04") / "old-billing-system.csv"
    write_csv(path, header(BILLED_INVOICES), delivered(BILLED_INVOICES, "2026-04"))


def analytics_exports(home: Path, chance: random.Random) -> None:
    """Two exports of April: groups of at least 15 that name nobody, and one with addresses and small groups."""
    folder = period(home, "analytics_exports", "2026-04")
    safe = [
        {"region": region, "age_band": band, "completed": chance.choice(("yes", "no")), "lessons": str(lessons % 9 + 1)}
        for region in ("north", "south")
        for band in ("under 25", "25 to 44", "45 and over")
        for lessons in range(chance.randint(15, 19))
    ]
    unsafe = [
        {"region": region, "school": f"Fictional School {number % 7}", "email": f"learner{number}@example.com"}
        for number, region in enumerate(("north", "south") * 20)
    ]
    write_csv(folder / "learner-outcomes.csv", safe[0], safe)
    write_json(folder / "learner-outcomes.json", {"quasi_identifiers": ["region", "age_band"], "k": 11})
    write_csv(folder / "enrolment-contacts.csv", unsafe[0], unsafe)
    write_json(folder / "enrolment-contacts.json", {"quasi_identifiers": ["region", "school"], "k": 11})


def main(home: Path) -> None:
    """Write the whole home; only `landing/` is emptied first."""
    landing = home / "landing"
    if landing.exists():
        shutil.rmtree(landing)
    write(home / "counterfoil.toml", CONFIGURATION)
    for month in MONTHS:
        control_plane(home, month)
        metering(home, month, random.Random(f"{SEED}-metering-{month}"))
        digitalocean_invoices(home, month)
        digitalocean_balance(home, month)
        campaigns(home, month)
    llm_usage(home, MONTHS, random.Random(f"{SEED}-llm"))
    billed_invoices(home)
    analytics_exports(home, random.Random(f"{SEED}-exports"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "home")
