namespace Fabric.Actors;

/// <summary>Somebody who waits for the end of an ask. Only the first end counts.</summary>
internal interface IAsker
{
    bool IsDone { get; }

    void End(AskResult result);
}
