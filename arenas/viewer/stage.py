"""The scene in the browser: bodies, floor, marks, flashes of contact, and the camera."""

from typing import Any

import numpy as np
import trimesh
import viser
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, BoolArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.rules.floor import Disc, Mark, Strip
from dohyo.arenas.views.camera import Camera, SideCamera
from dohyo.arenas.views.render import posed
from dohyo.arenas.views.replay import SHAPES, geoms_of

VIEWS = ("side", "follow", "free")
"""Cameras: `side` keeps all actors side by side, `follow` moves along with them, `free` stays where it is put."""
FLOOR, GRID = (92, 102, 112), (120, 130, 140)
THIN = 0.004
"""Height by which marks lie one above the other, m: at the same height they would flicker."""
LIFT = 0.45
"""How far above its middle an upright page shows the actors, in halves of its height."""
FLASH_COLOUR = (255, 140, 0)
"""Orange: neither a side's colour nor that of the floor."""
FLASH = 4
"""Control steps that a flash of contact lasts."""


class Stage:
    """Shows world 0 of a batch on a viser server."""

    def __init__(self, server: viser.ViserServer, batch: Batch) -> None:
        self._server, self._batch, self._scene = server, batch, server.scene
        self._scene.set_up_direction("+z")
        self._scene.configure_environment_map(environment_intensity=0.5)
        self._scene.add_grid(
            "/floor", 40, 40, cell_size=1.0, section_size=1.0, plane_color=FLOOR, plane_opacity=1.0,
            cell_color=GRID, section_color=GRID, shadow_opacity=0.3,
        )  # fmt: skip
        self._roots = [actor.root for actor in batch.arena.scene.actors]
        self._shown: dict[str, NDArray[Any]] = {}
        self._marks: tuple[Mark, ...] = ()
        self._frames: list[Any] = []
        self._flashes: dict[tuple[int, int], Any] = {}
        self._left: dict[tuple[int, int], int] = {}
        self._touched: BoolArray = np.zeros((0, 0), bool)
        self.view = VIEWS[0]
        self.begin()

    def begin(self) -> None:
        """Show the start of a bout, whose marks and furniture can differ from the last one's."""
        geoms, marks = geoms_of(self._batch.arena.model(0)), tuple(self._batch.arena.marks(0))
        if self._shown.keys() != geoms.keys() or not all(np.array_equal(geoms[k], self._shown[k]) for k in geoms):
            self._build(geoms)
        if marks != self._marks:
            self._paint(marks)
        self._shown, self._marks = geoms, marks
        self._touched = self._batch.engine.frame.contact[0].copy()
        self._camera = SideCamera(self._actors(), self._batch.arena.scene.control_step)
        self.show()

    def _build(self, geoms: dict[str, NDArray[Any]]) -> None:
        """Add a frame per body, with the geoms that belong to it."""
        for frame in self._frames:
            frame.remove()
        bodies = self._batch.arena.scene.model.nbody
        self._frames = [self._scene.add_frame(f"/bodies/{b}", show_axes=False) for b in range(bodies)]
        for g, body in enumerate(geoms["geom_body"]):
            mesh = _mesh(SHAPES[int(geoms["geom_type"][g])], geoms["geom_size"][g])
            self._scene.add_mesh_simple(
                f"/bodies/{body}/{g}",
                np.asarray(mesh.vertices, np.float32),
                np.asarray(mesh.faces, np.uint32),
                color=_rgb(geoms["geom_rgba"][g]),
                position=geoms["geom_position"][g],
                wxyz=geoms["geom_quaternion"][g],
            )

    def _paint(self, marks: tuple[Mark, ...]) -> None:
        self._scene.remove_by_name("/marks")
        for k, mark in enumerate(marks):
            height = (1 + 2 * k) * THIN
            if isinstance(mark, Disc):
                self._disc(f"/marks/{k}/edge", mark.radius, height, mark.edge)
                self._disc(f"/marks/{k}/inside", mark.radius - mark.width, height + THIN, mark.colour)
            elif isinstance(mark, Strip):
                (a, b), (c, d) = mark.x, mark.y
                middle, size = ((a + b) / 2, (c + d) / 2, height / 2), (b - a, d - c, height)
                self._scene.add_box(f"/marks/{k}", _rgb(mark.colour), size, position=middle, cast_shadow=False)

    def _disc(self, name: str, radius: float, height: float, colour: tuple[float, float, float]) -> None:
        self._scene.add_cylinder(
            name, radius, height, _rgb(colour), radial_segments=96, position=(0, 0, height / 2), cast_shadow=False
        )

    def show(self) -> None:
        """Show the current state."""
        data = posed(self._batch.arena, self._batch.engine.frame, 0)
        with self._server.atomic():
            for body, frame in enumerate(self._frames):
                frame.position, frame.wxyz = data.xpos[body], data.xquat[body]
            self._flash()
        self._move()

    def _flash(self) -> None:
        """Show a light between two actors that begin to touch, for a moment."""
        contact, places = self._batch.engine.frame.contact[0], self._actors()
        begun = contact & ~self._touched if contact.shape == self._touched.shape else contact
        self._touched = contact.copy()
        for a, b in np.argwhere(np.triu(begun, 1)).tolist():
            middle = (places[a] + places[b]) / 2
            if (a, b) in self._flashes:
                self._flashes[a, b].position = middle
            else:
                self._flashes[a, b] = self._scene.add_icosphere(
                    f"/flashes/{a}-{b}", 0.16, FLASH_COLOUR, opacity=0.6, position=middle, cast_shadow=False
                )
            self._left[a, b] = FLASH + 1
        for pair, light in self._flashes.items():
            self._left[pair] = max(0, self._left[pair] - 1)
            light.visible = self._left[pair] > 0

    def aim(self, client: viser.ClientHandle) -> None:
        """Let a browser tab look from the side, so that it shows all actors."""
        client.camera.up_direction = (0.0, 0.0, 1.0)
        _look(client, self._camera.look(self._actors()))

    def _move(self) -> None:
        """Move the cameras of all tabs, as `view` says."""
        camera, middle = self._camera.look(self._actors()), self._actors().mean(axis=0)
        for client in self._server.get_clients().values():
            if self.view == "side":
                _look(client, camera)
            elif self.view == "follow":  # to set the position moves the target along
                away = client.camera.position - client.camera.look_at
                client.camera.position = _middle(client, middle, float(np.linalg.norm(away))) + away

    def _actors(self) -> Array:
        frame = self._batch.engine.frame
        places: Array = np.concatenate([frame.root_position[0], frame.loose_position[0]])
        return places


def _look(client: viser.ClientHandle, camera: Camera) -> None:
    """Let a tab look as `camera`, however narrow it is."""
    seen, size = client.camera, (client.camera.image_width, client.camera.image_height)
    fitted = camera.fitted(*size) if min(size) > 0 else camera
    fov = float(np.deg2rad(fitted.field_of_view))
    if not np.isclose(seen.fov, fov):
        seen.fov = fov
    distance = float(np.linalg.norm(np.subtract(camera.target, camera.eye)))
    seen.position, seen.look_at = camera.eye, _middle(client, np.array(camera.target), distance)


def _middle(client: viser.ClientHandle, target: Array, distance: float) -> Array:
    """Return what a tab has in its middle to show `target` at a distance: the controls cover the foot of a phone."""
    seen = client.camera
    lift = LIFT * distance * np.tan(seen.fov / 2) if seen.image_width < seen.image_height else 0.0
    middle: Array = target - np.array([0.0, 0.0, lift])
    return middle


def _mesh(shape: str, size: NDArray[Any]) -> Any:
    """Return the mesh of a geom with MuJoCo's sizes, about its middle."""
    if shape == "sphere":
        return trimesh.creation.icosphere(3, float(size[0]))
    if shape == "box":
        return trimesh.creation.box(2 * size)
    make = trimesh.creation.capsule if shape == "capsule" else trimesh.creation.cylinder
    mesh = make(radius=float(size[0]), height=2 * float(size[1]))
    mesh.apply_translation(-mesh.bounds.mean(axis=0))
    return mesh


def _rgb(colour: Any) -> tuple[int, int, int]:
    r, g, b = (round(255 * min(1.0, float(c))) for c in colour[:3])
    return r, g, b
