namespace Fabric.Actors;

/// <summary>The asker of a tell.</summary>
internal sealed class NobodyAsks : IAsker
{
    public static NobodyAsks Instance { get; } = new();

    public bool IsDone => true;

    public void End(AskResult result)
    {
        // A tell has no one to tell the outcome to; what the entity did is in its journal.
    }
}
