"""Run in the lint environment: what parliament says of the policies {name: policy} in a file, as a JSON list."""

import json
import sys
from pathlib import Path

from parliament import analyze_policy_string


def main() -> None:
    policies = json.loads(Path(sys.argv[1]).read_text())
    found = [
        {"policy": name, "issue": finding.issue, "detail": str(finding.detail)}
        for name, policy in policies.items()
        for finding in analyze_policy_string(json.dumps(policy)).findings
    ]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
