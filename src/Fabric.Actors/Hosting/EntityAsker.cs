namespace Fabric.Actors;

/// <summary>An entity that asked another one; it gets the end as a command.</summary>
internal sealed class EntityAsker(Action<AskResult> deliver) : IAsker
{
    public bool IsDone { get; private set; }

    public void End(AskResult result)
    {
        if (IsDone)
            return;
        IsDone = true;
        deliver(result);
    }
}
