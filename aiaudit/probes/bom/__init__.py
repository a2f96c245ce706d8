"""Bills of materials found in the project: CycloneDX and SPDX."""
