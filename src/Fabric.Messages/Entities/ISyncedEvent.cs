namespace Fabric.Messages;

/// <summary>An event that the cluster acts on, so it must survive a power cut before anybody hears of it.</summary>
public interface ISyncedEvent : IEvent;
