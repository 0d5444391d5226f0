namespace Fabric.Node;

/// <summary>Whether ADD can be served now, and if not, why.</summary>
/// <param name="Code">0 ready, 50 new pods can't be attached, 51 existing pods suffer too (CNI SPEC 1.1, STATUS).</param>
/// <param name="Reason">For people; empty when ready.</param>
/// <param name="IsFull">
/// The reason is that no address is left: ADD of an attachment that exists is still answered, and any other one precisely.
/// </param>
public sealed record Readiness(int Code, string Reason, bool IsFull = false)
{
    public static Readiness Ready { get; } = new(0, "");

    public bool IsReady => Code == 0;
}
