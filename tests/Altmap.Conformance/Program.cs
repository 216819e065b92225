using Altmap.Conformance;

return ConformanceCommand.Run(args);
