namespace Fabric.Messages;

/// <summary>Something asked of an entity. It may arrive twice, and it carries every time and new id the entity needs.</summary>
public interface ICommand;
