namespace Fabric.Actors;

/// <summary>One entity in memory, seen without its state's type.</summary>
internal interface IEntityCell : IDisposable
{
    int MailboxDepth { get; }

    void Enqueue(Inbound inbound);

    bool MayPassivate(TimeSpan idle);

    /// <summary>Stores a snapshot of what has happened since the last one; nobody waits for it.</summary>
    void LeaveSnapshot();
}
