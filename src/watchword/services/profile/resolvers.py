"""Binds the published schema to the reader: which field is answered from what."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)

from watchword.services.profile import dates
from watchword.services.profile.errors import StoreUnavailable
