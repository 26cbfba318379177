"""Catalogues of the EHDS: harvest, validate, score, link and publish DCAT and HealthDCAT-AP."""
