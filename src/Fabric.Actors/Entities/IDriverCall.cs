namespace Fabric.Actors;

/// <summary>What an entity wants done outside: a value that names the object and the attempt, safe to carry out twice.</summary>
public interface IDriverCall;
