"""The models of one endpoint: loads on demand, joins callers, unloads the least recently used."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from .faults import ModelNotReadyError, ServiceUnavailableError, ServingError
from .limits import Limits
from .loaded_model import Load, LoadedModel
from .loader import Loader, unload
from .lru import LruLedger
from .model_store import ModelStore, StoredModel
from .supervisor import Session, Supervisor

_ROOM_SECONDS = 360.0
_CLOSED = "the endpoint was deleted or updated while the request was under way"


class ModelHost:
    """Thread-safe. A model that `acquire` returned is not unloaded before its `release`."""

    def __init__(
        self, *, store: ModelStore, supervisor: Supervisor, limits: Limits, keep: bool
    ) -> None:
        self._store = store
        self._supervisor = supervisor
        self._limits = limits
        self._keep = keep
        self._changed = threading.Condition()
        self._ledger = LruLedger(max_entries=limits.max_models, max_bytes=limits.memory_bytes)
        self._models: dict[str, LoadedModel] = {}
        self._loads: dict[str, Load] = {}
        self._unloading: set[str] = set()
        self._memory: dict[str, int] = {}
        self._loader = Loader(supervisor, give_up_one=self.make_room)
        self._executor = ThreadPoolExecutor(limits.parallel_loads, thread_name_prefix="load")
        self._closed = False
        self.counts = dict.fromkeys(("hits", "misses", "loads", "evictions"), 0)

    def acquire(self, target: str, deadline: float) -> LoadedModel:
        """The loaded model; raises what its load raised, `ModelNotReadyError` at `deadline`."""
        with self._changed:
            model = self._models.get(target)
            if model is not None and model.usable():
                self._ledger.pin(target)
                self.counts["hits"] += 1
                return model
            if model is not None:
                self._drop(model)
            if self._closed:
                raise ServiceUnavailableError(_CLOSED)
            load = self._loads.get(target)
            if load is None:
                load = self._loads[target] = Load(target)
                self._executor.submit(self._run, load)
            load.waiters += 1
            self.counts["misses"] += 1
        if not load.done.wait(max(deadline - time.monotonic(), 0)):
            with self._changed:
                if not load.done.is_set():
                    load.waiters -= 1
                    raise ModelNotReadyError(
                        f"Model {target} is not ready yet: it is still loading. Retry the request."
                    )
        if load.error is not None:
            raise load.error
        assert load.model is not None
        return load.model

    def release(self, model: LoadedModel) -> None:
        """The caller's request is over."""
        with self._changed:
            model.last_used = time.monotonic()
            if self._models.get(model.target) is not model:
                return
            self._ledger.unpin(model.target)
            self._changed.notify_all()
            if self._keep or self._ledger.pins(model.target):
                return
            self._take(model.target)
        self._unload(model, discard=True)

    def lost(self, model: LoadedModel) -> None:
        """The container no longer serves the model; the next `acquire` loads it again."""
        with self._changed:
            if self._models.get(model.target) is model:
                self._drop(model)

    def make_room(self, besides: str) -> bool:
        """Unloads the least recently used idle model; False when there is none."""
        with self._changed:
            victim = self._ledger.give_up_one(besides=besides)
            model = None if victim is None else self._take(victim)
        if model is not None:
            self._unload(model)
        return model is not None

    def container_ended(self, session: Session) -> None:
        """Everything that this life of the container had loaded is gone."""
        with self._changed:
            for model in [m for m in self._models.values() if m.session is session]:
                self._drop(model)

    def loaded(self) -> list[LoadedModel]:
        """Least recently used first."""
        with self._changed:
            return sorted(self._models.values(), key=lambda model: model.last_used)

    def close(self) -> None:
        with self._changed:
            self._closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)
        with self._changed:
            for model in list(self._models.values()):
                self._drop(model)
            for load in self._loads.values():
                load.error = ServiceUnavailableError(_CLOSED)
                load.done.set()

    def _run(self, load: Load) -> None:
        try:
            load.model = self._load(load.target)
        except ServingError as error:
            load.error = error
        except Exception as error:
            # a thread's last frame: the waiting callers must learn of anything that went wrong
            load.error = ServingError(f"loading {load.target} failed: {error!r}")
            load.error.__cause__ = error
        with self._changed:
            del self._loads[load.target]
            if load.model is None:
                self._ledger.remove(load.target)
            else:
                self._models[load.target] = load.model
                self._memory[load.target] = load.model.memory
                self._ledger.resize(load.target, load.model.memory)
                self._ledger.pin(load.target, load.waiters)
                self._ledger.unpin(load.target)
                self.counts["loads"] += 1
            excess = [self._take(name) for name in self._ledger.over_budget()]
            load.done.set()
            self._changed.notify_all()
        for model in excess:
            self._unload(model)

    def _load(self, target: str) -> LoadedModel:
        stored = self._store.fetch(target)
        try:
            for victim in self._reserve(target, stored):
                self._unload(victim)
            return self._loader.load(target, stored)
        except BaseException:
            self._store.release(stored, discard=not self._keep)
            raise

    def _reserve(self, target: str, stored: StoredModel) -> list[LoadedModel]:
        """Waits until the model fits; what it measured last time is the best guess of its size."""
        deadline = time.monotonic() + _ROOM_SECONDS
        size = self._memory.get(target, stored.size)
        with self._changed:
            while (
                target in self._unloading or (victims := self._ledger.reserve(target, size)) is None
            ):
                if not self._changed.wait(max(deadline - time.monotonic(), 0)):
                    raise ServiceUnavailableError(
                        f"no room for {target}: every loaded model is in use"
                    )
            return [self._take(victim) for victim in victims]

    def _take(self, target: str) -> LoadedModel:
        """Makes a loaded model unreachable; its unload follows outside the lock."""
        self._ledger.remove(target)
        self._unloading.add(target)
        return self._models.pop(target)

    def _drop(self, model: LoadedModel) -> None:
        del self._models[model.target]
        self._ledger.remove(model.target)
        model.stubs.close()
        self._store.release(model.stored)
        self._changed.notify_all()

    def _unload(self, model: LoadedModel, *, discard: bool = False) -> None:
        try:
            unload(self._supervisor, model)
        finally:
            model.stubs.close()
            self._store.release(model.stored, discard=discard)
            with self._changed:
                self._unloading.discard(model.target)
                self.counts["evictions"] += 1
                self._changed.notify_all()
