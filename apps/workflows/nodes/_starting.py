"""What nodes a flow begins with have in common."""

from apps.workflows.engine.contracts import NodeContext, NodeResult


def begun(context: NodeContext) -> NodeResult:
    """Their outputs are in the pool before the run begins; what the system knows is shown with them."""
    given = context.pool.all_of(context.node.id)
    system = {f"sys.{name}": value for name, value in context.pool.all_of("sys").items()}
    shown = {**given, **system}
    return NodeResult(outputs=shown, inputs=shown)
